/** The commonest orders without anything between their letters: words that were spaced, dotted, joined or cut elsewhere. */
import { createLiteralFinder, literalsOf } from '../text/find-literals.ts';
import { type Hit, note } from './collect-signals.ts';

interface Joined {
  rule: string;
  message: string;
  verbs: readonly string[];
  pattern: RegExp;
  /** Where the word can be read it is no disguise, and the ordinary signals weigh it. */
  unlessPlain?: RegExp;
}

/** Every `l` is an `i`, as in the text that is looked through. */
function joined(rule: string, message: string, verbs: string, rest: string, unlessPlain?: RegExp): Joined {
  const folded = verbs.replaceAll('l', 'i').split(' ');
  const pattern = new RegExp(`(?:${folded.join('|')})${rest.replaceAll('l', 'i')}`, 'y');
  return { rule, message, verbs: folded, pattern, ...(unlessPlain ? { unlessPlain } : {}) };
}

const orders: readonly Joined[] = [
  joined(
    'override-instructions',
    'asks to set earlier instructions aside, in disguise',
    'ignore disregard forget override bypass',
    '(?:all|any|the|your|every|of){0,4}(?:previous|prior|above|earlier|preceding|system|original)(?:system)?(?:instruct|rules|prompt|guideline|message|direct|polic)',
  ),
  joined(
    'sends-data-away',
    'asks to send data somewhere, in disguise',
    'send forward upload leak exfiltrate transmit',
    '(?:me|all|the|our|your|every|customer|user|client|private|secret|internal){0,4}(?:emails?|data|passwords?|credentials?|secrets?|tokens?|keys?|records?|files?|history)to',
    /\b(?:send|forward|upload|leak|exfiltrate|transmit)\b/i,
  ),
  joined(
    'asks-for-prompt',
    'asks for the hidden instructions, in disguise',
    'reveal show print repeat output display leak disclose',
    '(?:me|the|your|full|entire|hidden|whole){0,4}(?:system|hidden)(?:prompt|instruct|message)',
    /\b(?:reveal|show|print|repeat|output|display|leak|disclose) (?:(?:me|the|your|full|entire|hidden|whole) ){0,4}(?:system|hidden) (?:prompt|instruct|message)/i,
  ),
  joined(
    'concealment',
    'asks to keep something from the user, in disguise',
    'donot dont never without',
    '(?:ever|then|please){0,1}(?:tell|inform|notify|alert|telling|informing|notifying|mentionthisto|mentionitto|revealthisto|revealitto)(?:the|your|any){0,1}(?:user|operator|human)',
    /\b(?:do not|don.?t|never|without) (?:\w+ ){0,3}(?:the |your |any )?(?:user|operator|human)/i,
  ),
  joined(
    'new-persona',
    'gives the model another role, in disguise',
    'youarenow younoware fromnowonyouare',
    '(?:in|an?|the|our){0,2}(?:developer|debug|god|dan|unrestricted|unfiltered|jailbroken|evil|root|admin)(?:mode|assistant|ai|model|withno|without)',
    /\b(?:you are now|you now are|from now on) /i,
  ),
];
const latin1 = new TextDecoder('latin1');
/** By verb: what it may begin, and the letters that may stand behind it there. */
const literals = new Map(
  [...literalsOf(orders, ({ verbs }) => verbs)].map(([verb, begun]) => [
    verb,
    begun.map((order) => ({ order, length: verb.length, behind: lettersBehind(order) })),
  ]),
);
const find = createLiteralFinder([{ literals }]);

/** Behind a verb stands a word of the first two groups, of which the first may be missing: their first letters are enough for a quick no. */
function lettersBehind({ pattern }: Joined): Uint8Array {
  const [, ...groups] = pattern.source.split(')');
  const behind = new Uint8Array(128);
  for (const [letter] of groups
    .slice(0, 2)
    .join('')
    .matchAll(/(?<=[:|])[a-z]/g))
    behind[letter.charCodeAt(0)] = 1;
  return behind;
}

/** @param letters the text's letters alone, as `lettersOnly` gives them @param plain the text they are of */
export function findJoined(hits: Map<string, Hit>, letters: Uint16Array, plain: string): void {
  let text: string | undefined;
  // Each rule once: a text may hold a hundred thousand matches, and each look at `plain` is one at all of it.
  const settled = new Set(orders.filter(({ rule }) => hits.has(rule)));
  find({ units: letters }, (at, candidates) => {
    for (const { order, length, behind } of candidates) {
      if (behind[letters[at + length] ?? 0] !== 1 || settled.has(order)) continue;
      text ??= latin1.decode(new Uint8Array(letters));
      const { rule, message, pattern, unlessPlain } = order;
      pattern.lastIndex = at;
      if (!pattern.test(text)) continue;
      settled.add(order);
      if (unlessPlain?.test(plain) !== true) note(hits, { rule, message, score: 3, span: undefined });
    }
  });
}
