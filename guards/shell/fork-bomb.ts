/** Functions that start themselves without end. */
import { forEachChild, type Function as ShellFunction, type SyntaxNode } from 'unbash';
import { type Context, tell } from './context.ts';

/** A function that starts itself twice at once. */
export function noteForkBomb(node: ShellFunction, context: Context): void {
  let found = false;
  const look = (one: SyntaxNode): void => {
    if (one.type === 'Pipeline' || one.type === 'Statement') {
      const commands = one.type === 'Pipeline' ? one.commands : [one.command];
      const own = commands.filter(
        (command) => command.type === 'Command' && command.name?.value === node.name.value,
      ).length;
      found ||= own >= 2 || (own >= 1 && one.type === 'Statement' && one.background === true);
    }
    forEachChild(one, look);
  };
  look(node.body);
  if (found)
    tell(context, {
      name: '(function)',
      class: 'destructive',
      rule: 'fork-bomb',
      reason: 'it starts itself without end',
      beyondDoubt: true,
    });
}
