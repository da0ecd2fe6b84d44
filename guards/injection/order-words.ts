/** The words by which an order that hides in data shows, as tables. Measured in bench/guards; none of them proves anything. */

const list = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/));

/** A sentence that begins with one asks somebody to do something. */
export const orderVerbs = list(`
  access accept activate add adjust allow append apply approve arrange assign attach augment authorize authorise
  begin block book browse build buy bypass call cancel change charge check clear click clone close collect commit compile compose
  compress configure confirm connect convert copy create deactivate decode decrypt delete deliver deploy deposit describe
  disable disclose discover display donate download drop edit email embed enable encode encrypt end enhance ensure erase execute
  exfiltrate explain export extract fetch file fill find finish flag follow forget format forward gather generate get give grant
  group identify ignore import include incorporate inform inject insert install integrate introduce invite issue join jumble
  launch leave let list load locate lock log login look make mention merge message mislead misspell mix modify monitor move navigate
  notify obtain offer open order output override paste pay perform place play plug post prepare prepend present print proceed produce
  promote provide publish pull purchase push put query read rearrange reboot recommend record recite redirect refer register release
  remind remove rename render repeat replace reply request reschedule reserve reset respond restart retrieve return reveal
  reverse review rewrite run save say scan schedule scramble search select sell send set share shift show shuffle shut sign spell start
  state stop store submit subscribe substitute suggest summarize summarise swap switch tag take tell tease terminate text transfer
  translate transmit trigger turn tweet type unlock unsubscribe update upgrade upload use verify view visit weave wipe wire withdraw
  write zip
`);

/** What these do is not taken back, or gives something away. */
export const graveVerbs = list(`
  access activate approve authorize authorise book buy bypass cancel change charge deactivate delete deposit disable disclose
  donate download drop erase execute exfiltrate export forward grant install invite lock order override pay place purchase reboot release
  remove reset reserve reveal run sell send share shut submit subscribe terminate transfer transmit unlock upload wipe wire withdraw
  retrieve fetch record reschedule schedule
`);

/** Before the verb: courtesy, order, place. Their number is small, so that a sentence is left as soon as it is ordinary. */
export const openers = list(`
  please kindly also then now first next finally additionally furthermore moreover immediately always just simply and but so
  can could would will you i in at throughout when while before after once if to note remember important urgent attention
  make be don do never let hey hi hello
`);

export interface Cue {
  weight: number;
  /** Whether the cue shows that the sentence speaks to who reads it, or has somewhere to send what it asks for. */
  addresses: boolean;
  pattern: RegExp;
}

const sensitive =
  'passwords?|passcode|credentials?|accounts?|access|address(?:es)?|location|payment|bank|cards?|credit|wallet|bitcoin|ethereum|crypto\\w*|money|funds|balance|invoices?|(?:front |back )?door|garage|lock|alarm|cameras?|security|two-factor|2fa|authentication|device|history|personal|private|confidential|records?|patients?|prescriptions?|medical|medication|health|appointment|genetic|dna|database|tables?|files?|folders?|directory|repositor(?:y|ies)|emails?|inbox|messages|contacts?|calendar|events?|photos?|documents?|tokens?|keys?|secrets?|profile|data|flights?|hotel|reservation|booking|order|package|subscription|shares?|stocks?|vehicle|car|permissions?|admin\\w*|users?|members?|phone|number|identity|insurance|tax|salary|loan|cookies|environment|server|production|script|command|browser|software|app(?:lication)?|link|(?:one-time|recovery|verification) codes?|vault|webhook|iban|backups?|snapshots?|certificates?|bucket|cluster|firewall|employees?|customers?|licences?|licenses?';

/** Looked for in a sentence that begins like an order. */
export const cues: readonly Cue[] = [
  // What the model is about to say.
  {
    weight: 1.5,
    addresses: true,
    pattern:
      /\byour (?:next |final |own |whole |entire )?(?:answers?|responses?|reply|replies|output|explanation|summary|translation|completion)\b|\bin (?:your|the) (?:message|text|email) to the user\b/i,
  },
  { weight: 0.5, addresses: true, pattern: /(?<![\w-])(?:[Mm]y|mine|me|I)(?![\w/-])/ },
  {
    weight: 0.25,
    addresses: false,
    pattern: /\b(?:please|kindly|can you|could you|would you|you (?:must|should|need to|have to|are to))\b/i,
  },
  // Somewhere to send it.
  { weight: 0.75, addresses: true, pattern: /[\w.+-]{1,64}@[\w-]{1,63}\.[a-z]{2,}/i },
  {
    weight: 0.5,
    addresses: true,
    pattern:
      /\b(?:to|from|at|into|via|on|in) (?:(?:the|this|our|my) )?(?:[\w-]{1,20} ){0,2}(?:https?:\/\/(?!localhost|127\.)|www\.|(?!127\.)(?:\d{1,3}\.){3}\d{1,3}\b)|\bwww\.\S+ (?:to|in) /i,
  },
  {
    weight: 0.75,
    addresses: true,
    pattern: /\b(?:[13][A-HJ-NP-Za-km-z1-9]{25,34}|0x[a-f0-9]{40}|bc1[a-z0-9]{20,60})\b/i,
  },
  { weight: 0.25, addresses: false, pattern: /\b(?:to|with|via|from) [\w.+-]{1,64}@/i },
  { weight: 0.5, addresses: true, pattern: /\b\d[\d.,]{0,12} ?(?:btc|eth|usdt|xmr|bitcoins?)\b|\+\d[\d ()-]{8,20}\d/i },
  // How people say where they want to hear of something: at the end of manuals, and in every readme.
  {
    weight: -1,
    addresses: false,
    pattern:
      /\b(?:bugs?|bug reports?|questions?|comments?|feedback|patches|suggestions?|vulnerabilit\w{1,3}|an? (?:e-?)?mail|issues?)\b.{0,40}\bto\b.{0,40}@|\b(?:e-?mail|mail|contact|reach out to|write to) [\w.+-]{1,64}@/i,
  },
  // Something that is to come first, as in an agreement.
  {
    weight: -0.5,
    addresses: false,
    pattern: /\b(?:when|once|after) (?:the|your|it|they|we)\b.{1,30}\b(?:has|have|is|are) \w+(?:ed|en|t|d)\b/i,
  },
  // Whom a vendor or a company names for it, and what is fetched from where it is published.
  {
    weight: -0.5,
    addresses: false,
    pattern:
      /\b(?:support|help|helpdesk|info|sales|billing|accounting|careers|jobs|privacy|legal|hr|finance|office|facilities)@/i,
  },
  {
    weight: -0.5,
    addresses: false,
    pattern:
      /^\W*(?:download|fetch|get|install)\b.{0,30}\b(?:installer|release|version|package|binary|archive|tarball|image|sources?|driver|dataset)\b.{0,20}\bfrom\b/i,
  },
  { weight: -2, addresses: false, pattern: /\b(?:security|abuse|phishing|spam|fraud)@/i },
  // What it is about.
  { weight: 0.75, addresses: false, pattern: new RegExp(`\\b(?:${sensitive})\\b`, 'i') },
  {
    weight: 0.25,
    addresses: false,
    pattern:
      /\$\s?\d|\b\d[\d,.]* ?(?:usd|dollars|euros?|eur|btc|eth|bitcoins?)\b|\b(?:id|code|number|pin) (?:is |of |')?[\w-]*\d/i,
  },
  {
    weight: 0.5,
    addresses: false,
    pattern: /\b(?:all|every|entire|permanent(?:ly)?|full) (?:of )?(?:my|the|our|his|her|their)?\b/i,
  },
  // A second step: find it, and send it.
  {
    weight: 0.5,
    addresses: false,
    pattern:
      /\b(?:and|then)(?: then| also)? (?:please )?(?:send|share|e-?mail|forward|transfer|post|upload|provide|deliver|give|report|delete|grant|disable|execute|run|install|set|charge|pay|book|order|enter the|write down|paste|attach|mail|it|them)\b/i,
  },
  // How to disfigure an answer.
  {
    weight: 1,
    addresses: false,
    pattern:
      /\b(?:every|each|all|any|the|some|random|with|of)\b.{0,40}\b(?:letters?|words?|vowels?|consonants?|characters?|spaces|sentences?|symbols?|anagrams?|homophones?|syllables?)\b/i,
  },
];

/** In which code is to be put somewhere, whatever the verb is. */
export const codeOrder =
  /\b(?:following|subsequent|below|succeeding|provided|given|ensuing|next|this)\b.{0,20}\b(?:code|script|snippet)s?\b.{0,80}\byour\b|\byour\b.{0,80}\b(?:following|subsequent|below|succeeding|provided|given|ensuing)\b.{0,20}\b(?:code|script|snippet)s?\b/i;
/** What such code does when it is no example: runs programs, connects, reads the environment. */
export const activeCode =
  /\b(?:os\.(?:system|environ|popen|remove|rename|getenv)|subprocess|exec\(|eval\(|requests\.|urllib|aiohttp|urlopen|socket\.|smtplib|yagmail|paramiko|ftplib|telnetlib|psutil|platform\.|curl |wget |chmod \+x|child_process|XMLHttpRequest|document\.cookie|localStorage|Invoke-WebRequest|nohup|rm -rf|shutil\.|winreg|ctypes)/;
