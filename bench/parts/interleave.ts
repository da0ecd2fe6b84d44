/**
 * Rounds in which every variant runs once, in an order that turns with the round: drift of the machine (heat, other
 * programs, a growing database) meets all variants alike, and none is always the one that runs first.
 */

export type Variants<Name extends string, Result> = Readonly<Record<Name, (round: number) => Result | Promise<Result>>>;

/** Results by variant, in the order of rounds. @param warmUp rounds before, whose results are thrown away; default 1 */
export async function interleave<Name extends string, Result>(
  variants: Variants<Name, Result>,
  rounds: number,
  warmUp = 1,
): Promise<Record<Name, Result[]>> {
  const names = Object.keys(variants) as Name[];
  const results = Object.fromEntries(names.map((name): [Name, Result[]] => [name, []])) as Record<Name, Result[]>;
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const place of names.keys()) {
      const name = names[(place + round + warmUp) % names.length] as Name;
      const result = await variants[name](round);
      if (round >= 0) results[name].push(result);
    }
  }
  return results;
}
