/** The finding for what prints a secret that stands in the environment; others say where it does. */
import { type Context, tell } from './context.ts';

export function tellSecret(name: string, context: Context): void {
  tell(context, {
    name,
    class: 'privilege',
    rule: 'prints-secret-variable',
    reason: 'it prints the environment, or a variable that is called like a secret',
  });
}
