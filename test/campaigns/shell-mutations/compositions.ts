/** Scripts with what is done to them: first to the words of a single command, then up to four wrappings, in any order. */
import fc from 'fast-check';
import { anyScript, isPlain, type Mutation, oneCommand } from '../../unit/guards/shell/mutations.ts';

export interface Composition {
  script: string;
  mutations: readonly Mutation[];
}

export function compositions(scripts: readonly string[]): fc.Arbitrary<Composition> {
  const ofWords = fc.oneof(fc.constantFrom(...oneCommand), scattered());
  return fc
    .constantFrom(...scripts)
    .chain((script) =>
      fc
        .tuple(
          isPlain(script) ? fc.array(ofWords, { maxLength: 2 }) : fc.constant([]),
          fc.array(fc.constantFrom(...anyScript), { minLength: isPlain(script) ? 0 : 1, maxLength: 4 }),
        )
        .map(([words, whole]) => ({ script, mutations: [...words, ...whole] })),
    );
}

/** What fits a single command only is left out once the script is none any more. */
export function spelled({ script, mutations }: Composition): string {
  const single = new Set(oneCommand);
  return mutations.reduce(
    (text, mutation) =>
      (single.has(mutation) || mutation.name.startsWith('scattered')) && !isPlain(text) ? text : mutation.apply(text),
    script,
  );
}

const spellings: readonly ((sign: string) => string)[] = [
  (sign) => sign,
  (sign) => `'${sign}'`,
  (sign) => `"${sign}"`,
  (sign) => `\\${sign}`,
  (sign) => `''${sign}`,
  (sign) => `$'\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}'`,
  (sign) => `$'\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}'`,
  (sign) => `\\\n${sign}`,
];

/** Letters of all plain words, each quoted in its own way. */
function scattered(): fc.Arbitrary<Mutation> {
  return fc.array(fc.nat({ max: spellings.length - 1 }), { minLength: 1, maxLength: 40 }).map((choices) => ({
    name: `scattered quotes (${choices.join('')})`,
    apply: (script) => {
      let at = 0;
      // Words that a shell would read otherwise once a part of them is quoted (`~`, `A=1`, `*`, `{a,b}`) stay as they are.
      // So does everything from the first quote on: it may be inside of it.
      const plain = /^[^'"\\$#]*/u.exec(script)?.[0] ?? '';
      const spelledOut = plain.replaceAll(/(?<=^|[ \t])[A-Za-z0-9./_-]+(?=[ \t]|$)/gu, (word) =>
        word.replaceAll(/[A-Za-z0-9]/gu, (sign) => spellings[choices[at++ % choices.length] ?? 0]?.(sign) ?? sign),
      );
      return spelledOut + script.slice(plain.length);
    },
  }));
}
