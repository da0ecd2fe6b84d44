/**
 * Single signals of a text that gives orders to the model, each with a weight. Expressions have bounded gaps, so hostile text
 * costs no more than its length. None of them proves anything.
 */

export interface InjectionSignal {
  rule: string;
  message: string;
  weight: 1 | 2 | 3 | 4;
  /** Small letters: what the pattern begins with, so that it is tried only there. Absent: it begins with other than ASCII. */
  starts?: readonly string[];
  /** Flags `giu`. */
  pattern: RegExp;
}

/** Between two parts of one signal: words of the same sentence. */
const gap = (most: number) => `[^.!?\\n]{0,${most}}?`;

const instructions =
  '(?:instructions?|prompts?|rules?|guidelines?|directions?|directives?|orders?|commands?|polic(?:y|ies)|guard ?rails?|restrictions?|constraints?|safeguards?|filters?|training|programming|context|messages?|conversation|tasks?|everything)';

export const injectionSignals: readonly InjectionSignal[] = [
  {
    rule: 'override-instructions',
    message: 'asks to set earlier instructions aside',
    starts: [
      'ignore',
      'disregard',
      'forget',
      'override',
      'overrule',
      'bypass',
      'discard',
      'neglect',
      'abandon',
      'drop',
      'skip',
      'stop following',
      'do not follow',
      'don',
      'set aside',
      'cancel',
    ],
    weight: 3,
    pattern: new RegExp(
      `\\b(?:ignore|disregard|forget|override|overrule|bypass|discard|neglect|abandon|drop|skip|stop following|do not follow|don.?t follow|set aside|cancel)\\b${gap(30)}\\b(?:previous|prior|above|earlier|preceding|former|initial|original|existing|current|all|any|your|every|system|safety|user.?s)\\b${gap(30)}\\b${instructions}\\b`,
      'giu',
    ),
  },
  {
    rule: 'override-instructions',
    message: 'asks to set earlier instructions aside',
    starts: ['ignore', 'disregard', 'forget', 'instead of'],
    weight: 3,
    pattern:
      /\b(?:ignore (?:the )?(?:previous|above|all)|disregard (?:the )?(?:previous|above|all|everything)|forget (?:all|everything|what you))\b|\binstead of (?:the|your) (?:original|previous|assigned) (?:task|instructions)\b/giu,
  },
  {
    rule: 'override-instructions-other-language',
    message: 'asks to set earlier instructions aside',
    weight: 3,
    pattern:
      /ignorier[et]\w{0,2}\s[^.!?\n]{0,30}(?:anweisung|vorgabe|regel)\w*|(?:ignore[zr]?|oublie[zr]?)\s[^.!?\n]{0,30}(?:instructions|consignes)\s[^.!?\n]{0,10}(?:précédent|antérieur|ci-dessus)\w*|(?:ignora|olvida|ignore)\w{0,8}\s[^.!?\n]{0,30}(?:instrucciones|instruções|istruzioni)|игнорир\p{L}{0,12}\s[^.!?\n]{0,40}(?:инструкц|указани)\p{L}*|忽略[^。！？\n]{0,12}(?:指令|指示|说明|提示|規則|规则)|以前の指示を?(?:無視|忘れ)/giu,
  },
  {
    // The accents may have been taken off with the disguises.
    rule: 'override-instructions-other-language',
    message: 'asks to set earlier instructions aside',
    starts: ['ignor', 'oubli', 'olvid', 'dimentic', 'esque', 'vergiss', 'negeer', 'passe'],
    weight: 3,
    pattern:
      /\b(?:ignor(?:ez|ier\w{0,3}|ad|a|ate|em)|oubli\w{1,3}|olvid\w{1,4}|dimentic\w{1,4}|esque[cç]\w{1,3}|vergiss|negeer|passez? outre)\s[^.!?\n]{0,40}(?:instru[ckz]\w{0,8}|consigne|istruzion|anweisung|vorgabe|regel|regl\w{0,3}|polit\w{0,4}|richtlini)\w{0,4}\b/giu,
  },
  {
    rule: 'asks-for-prompt-other-language',
    message: 'asks for the hidden instructions',
    starts: ['affich', 'montr', 'rev', 'muestra', 'mostra', 'zeig', 'nenn', 'verrat', 'copi', 'escrib', 'scriv'],
    weight: 3,
    pattern:
      /\b(?:affich|montr|r[ée]v[èée]l|muestra|revela|mostra|zeig|nenn|verrat|copi|escrib|scriv)\w{0,5}\s[^.!?\n]{0,30}(?:invite|prompt|consigne|instru[ckz]\w{0,8}|istruzion\w|anweisung\w{0,3}|r[èe]gles?|reglas?)\s?[^.!?\n]{0,15}(?:syst[eè]m|sistema|cach|ocult|priv|intern|nascost|versteckt|geheim|verborgen)/giu,
  },
  {
    rule: 'addresses-the-model',
    message: 'addresses the model itself',
    starts: [
      "l'assistant doit",
      'l assistant doit',
      'el as',
      'o as',
      "l'assistente deve",
      'der assistent',
      'de assistent',
      'vous ',
      'ahora eres',
      'eres ahora',
      'du bist',
      'ora sei',
      'agora voc',
      'syst',
      'sistema',
    ],
    weight: 2,
    pattern:
      /(?:l.assistant doit|(?:el|o) as+istente deb?ve?|l.assistente deve|der assistent (?:muss|soll)|de assistent moet|vous [êe]tes (?:maintenant|d[ée]sormais|administrateur)|(?:ahora eres|eres ahora|du bist (?:jetzt|ab sofort)|ora sei|agora voc[êe] [ée])|(?<=(?:^|[\n.!?]\s?))(?:syst[èe]me|sistema)\s?:)/giu,
  },
  {
    rule: 'plants-a-memory',
    message: 'asks to remember a right that nobody gave',
    starts: ['rememb', 'memori', 'recuerda', 'merk', 'ricorda', 'lembre', 'note', 'store', 'save'],
    weight: 3,
    pattern:
      /\b(?:remember|memori[sz]e?|m[ée]moris\w{0,2}|recuerda|merke?|ricorda|lembre|note|store|save)\w{0,2}\b[^.!?\n]{0,60}\b(?:always|toujours|siempre|immer|sempre|permanently|from now on)\b[^.!?\n]{0,30}\b(?:admin\w*|root|trusted|approved|authori[sz]ed|privileged|allowed)\b/giu,
  },
  {
    rule: 'data-in-url',
    message: 'has an address take data along',
    starts: ['http://', 'https://'],
    weight: 3,
    pattern:
      /https?:\/\/[^\s?"'<>]{1,200}\?[^\s"'<>=]{1,30}=[^\s"'<>]{0,60}?(?:canary|secret|passw|token|api_?key|prompt|history|conversation|\{\{|\$\{|\[(?:data|insert|your|the))/giu,
  },
  {
    rule: 'new-instructions',
    message: 'announces new instructions',
    starts: [
      'new ',
      'updated ',
      'revised ',
      'real ',
      'actual ',
      'important ',
      'urgent ',
      'additional ',
      'special ',
      'hidden ',
      'secret ',
      'priority ',
      'override',
      'system ',
      'instruction',
    ],
    weight: 3,
    pattern:
      /\b(?:new|updated|revised|real|actual|important|urgent|additional|special|hidden|secret|priority)\s(?:system\s)?(?:instructions?|directives?|task|orders?)\s?:|\boverride\s?(?:code|mode|protocol)?\s?:|\bsystem\s(?:override|update|notice|alert)\s?:|\binstructions?\s(?:for|to)\s(?:the\s|any\s|all\s)?(?:ai|assistant|agent|model|llm|chatbot|bot)s?\b/giu,
  },
  {
    rule: 'role-marker',
    message: 'holds a mark that frames text as another role’s',
    starts: [
      '[sys',
      '[/sys',
      '[inst',
      '[/inst',
      '[assistant',
      '[/assistant',
      '[admin',
      '[/admin',
      '[developer',
      '[/developer',
      '<<sys',
      '<</sys',
      '<|im_',
      '<|system',
      '<|user',
      '<|assistant',
      '<|end',
      '<|eot',
      '<|start',
      '<system',
      '</system',
      '<assistant',
      '</assistant',
      '<instruction',
      '</instruction',
      '<admin',
      '</admin',
      '<developer',
      '</developer',
      'human',
      'assistant',
      'begin system',
      '# system',
      '#system',
      '# instruction',
      '#instruction',
      '# assistant',
      '#assistant',
    ],
    weight: 3,
    pattern:
      /\[\/?(?:SYSTEM|INST|SYS|ASSISTANT|ADMIN|DEVELOPER)(?:\s(?:PROMPT|MESSAGE|NOTE))?\]|<<\/?SYS>>|<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|>|<\/?(?:system|assistant|instructions?|system_prompt|admin|developer)>|(?<=(?:^|\n)\s{0,4}#{0,3})#\s?(?:system|instructions?|assistant)\s?:?\s{0,20}(?=\n|$)|(?<=(?:^|\n)\s{0,4})(?:Human|Assistant|BEGIN SYSTEM (?:PROMPT|MESSAGE))\s?:/giu,
  },
  {
    rule: 'role-marker',
    message: 'begins a line with a role’s name',
    starts: ['system', 'developer', 'admin', 'execute'],
    weight: 1,
    pattern: /(?<=(?:^|\n)\s{0,4})(?:system|developer|admin|execute)\s?:/giu,
  },
  {
    rule: 'new-persona',
    message: 'gives the model another role',
    starts: [
      'you are now',
      "you're now",
      'from now on',
      'act as',
      'pretend ',
      'you must',
      'you will',
      'enter ',
      'developer mode',
      'god mode',
      'dan mode',
      'jailbreak',
      'do anything now',
      'without ',
    ],
    weight: 2,
    pattern:
      /\b(?:you are now|you're now|from now on,? you|act as (?:if|an? (?:unrestricted|unfiltered|evil|admin|root|developer|system))|pretend (?:to be|you are|that you)|you (?:must|will) (?:now )?(?:act|behave|respond) as|enter (?:developer|god|debug|admin|maintenance|unrestricted) mode|(?:developer|god|dan|jailbreak) mode (?:is )?(?:on|enabled|activated)|do anything now|without (?:any )?(?:restrictions|filters|limitations|guardrails))\b/giu,
  },
  {
    rule: 'asks-for-prompt',
    message: 'asks for the hidden instructions',
    starts: [
      'reveal',
      'print',
      'show',
      'repeat',
      'output',
      'write',
      'display',
      'disclose',
      'leak',
      'tell me',
      'give me',
      'dump',
      'recite',
      'summari',
      'expose',
      'echo',
      'what is',
      'what are',
      'what was',
      'what were',
    ],
    weight: 3,
    pattern: new RegExp(
      `\\b(?:reveal|print|show|repeat|output|write(?: out)?|display|disclose|leak|tell me|give me|dump|recite|summari[sz]e|expose|echo|what (?:is|are|was|were))\\b${gap(30)}\\b(?:your|the|full|entire|hidden|initial|original|internal)\\b${gap(20)}\\b(?:system (?:prompt|message|instructions?)|(?:hidden|initial|internal|secret|original|developer) (?:prompt|instructions?|messages?|rules|guidelines|configuration)|prompt verbatim)`,
      'giu',
    ),
  },
  {
    rule: 'addresses-the-model',
    message: 'addresses the model itself',
    starts: [
      'dear',
      'hey',
      'hello',
      'attention',
      'note to',
      'message ',
      'to the',
      'to any',
      'to all',
      'if you are',
      'as a',
    ],
    weight: 2,
    pattern: new RegExp(
      `\\b(?:dear|hey|hello|attention|note to|message (?:to|for)|to (?:the|any|all)|if you are an?|as an?)\\s(?:ai|a\\.i\\.|llm|language model|assistant|ai assistant|ai agent|ai model|chatbot|gpt|agent)s?\\b(?:${gap(40)}\\b(?:must|should|please|need|have to|shall|will|are to|are required)\\b)?`,
      'giu',
    ),
  },
  {
    rule: 'concealment',
    message: 'asks to keep something from the user',
    starts: ['do not ', 'don', 'never ', 'without ', 'silently', 'secretly', 'covertly', 'quietly'],
    weight: 3,
    pattern:
      /\b(?:do not|don.?t|never|without)\s(?:ever\s)?(?:tell(?:ing)?|mention(?:ing)?|inform(?:ing)?|alert(?:ing)?|notify(?:ing)?|reveal(?:ing)?|disclos(?:e|ing)|show(?:ing)?|report(?:ing)?|warn(?:ing)?|let(?:ting)?)\s[^.!?\n]{0,30}?\b(?:user|users|operator|human|anyone|anybody|owner|admin|customer|them|him|her)\b|\b(?:silently|secretly|covertly|quietly)\s(?:run|execute|send|forward|delete|add|copy|upload|call|change|include)\b/giu,
  },
  {
    rule: 'claims-approval',
    message: 'claims that no approval is needed or that it was given',
    starts: [
      'already',
      'pre',
      'approved',
      'authori',
      'confirmed',
      'no ',
      'without',
      'skip',
      'bypass',
      'does not ',
      'don',
      'i a',
      "i'm",
    ],
    weight: 2,
    pattern:
      /\b(?:(?:already|pre-?)\s?(?:been\s)?(?:approved|authori[sz]ed|confirmed)|(?:no|without(?: any)?|skip(?: the)?|bypass(?: the)?|does not (?:need|require)|don.?t (?:need|ask for|wait for))\s(?:further\s|user\s|human\s|additional\s)?(?:approval|confirmation|permission|verification|authori[sz]ation)|without asking|i(?: a|')m (?:an? |the )?(?:admin(?:istrator)?|developer|owner|root|security team))\b/giu,
  },
  {
    rule: 'sends-data-away',
    message: 'asks to send secrets or data somewhere',
    starts: [
      'send',
      'forward',
      'email',
      'e-mail',
      'post',
      'upload',
      'exfiltrate',
      'transmit',
      'leak',
      'copy',
      'transfer',
      'submit',
    ],
    weight: 2,
    pattern:
      /\b(?:send|forward|e-?mail|post|upload|exfiltrate|transmit|leak|copy|transfer|submit)\b[^.!?\n]{0,60}?\b(?:passwords?|credentials?|api keys?|tokens?|secrets?|private keys?|ssh keys?|env(?:ironment)? (?:file|variables?)|conversation|chat history|customer (?:data|list)|database|contents? of|files?)\b[^\n]{0,60}?\b(?:to|at)\s[^\s]{0,3}(?:https?:|\S{1,60}@|the (?:following|attacker)|this (?:url|address|server))/giu,
  },
  {
    rule: 'orders-destruction',
    message: 'orders something destructive',
    starts: ['delete', 'drop', 'wipe', 'erase', 'destroy', 'truncate', 'purge', 'shut'],
    weight: 2,
    pattern:
      /(?<=(?:^|[\n.!?:;]|\b(?:please|then|now|and|must|immediately|to)\b)\s{0,3})(?:delete|drop|wipe|erase|destroy|truncate|purge|shut ?down)\s(?:all|every|the entire|prod\w*|production)\b[^.!?\n]{0,30}/giu,
  },
  {
    rule: 'hidden-text',
    message: 'holds text that a reader does not see',
    weight: 4,
    pattern: /[\u{E0020}-\u{E007E}]{4,}|(?:[\u200B-\u200D\u2060\uFEFF]\s?){8,}/gu,
  },
  {
    rule: 'reordered-text',
    message: 'holds characters that reorder text',
    weight: 2,
    pattern: /[\u202A-\u202E\u2066-\u2069]/gu,
  },
  {
    rule: 'hidden-markup',
    message: 'holds markup that hides text',
    starts: ['display', 'visibility', 'font-size', 'opacity', 'color'],
    weight: 2,
    pattern:
      /(?:display\s?:\s?none|visibility\s?:\s?hidden|font-size\s?:\s?0|opacity\s?:\s?0(?![.\d])|color\s?:\s?(?:white|#fff(?:fff)?))[^>\n]{0,80}>/giu,
  },
  {
    rule: 'data-in-image-url',
    message: 'holds an image whose address carries data',
    starts: ['!['],
    weight: 2,
    pattern: /!\[[^\]\n]{0,80}\]\(https?:\/\/[^\s)]{1,200}\?[^\s)=]{1,40}=(?:[^\s)]{0,20}[{$<[]|[^\s)]{60,})/giu,
  },
];

/** Words that come before a quoted example rather than before an order. */
export const mention =
  /\b(?:phrases?|strings?|texts?|words?|wording|patterns?|keywords?|signatures?|examples?|samples?|such as|for instance|e\.g\.?|like|quotes?|quoted|quoting|called|titled|detects?|detecting|flags?|flagged|blocks?|blocked|explains?|describes?|discusses|means|rejects?|matches)\b[^.!?\n]{0,50}$/iu;
