/** What the model says in a long run: it looks at something in every turn, and in every tenth it posts something. */
import type { Step } from '../../support/scripted-model.ts';

export const everyTenth = 10;
const words = 'I go on with the next one, as the one before was in order. '.repeat(4);

export function stepsOf(input: string, turns: number): Step[] {
  const calling = Array.from({ length: turns }, (_, index): Step => {
    const tool = (index + 1) % everyTenth === 0 ? 'post' : 'look';
    return { text: words, calls: [{ name: tool, args: { name: nameOf(input, index + 1) } }] };
  });
  return [...calling, { text: 'All is done.' }];
}

/** What the outside service must have counted once each. */
export function postedBy(input: string, turns: number): string[] {
  return Array.from({ length: Math.floor(turns / everyTenth) }, (_, index) => nameOf(input, (index + 1) * everyTenth));
}

function nameOf(input: string, turn: number): string {
  return `${input.replaceAll(/\W+/g, '-')}${turn}`;
}
