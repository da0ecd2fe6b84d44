/** A file that a script writes: an ordinary one, one that starts programs or opens doors, or a whole device. */
import { type Context, tell } from './context.ts';
import { isBlockDevice, isGuardedPlace, isHarmlessDevice } from './paths.ts';
import type { Arg } from './words.ts';

/** Says nothing of an ordinary file: whoever writes it does. */
export function classifyWriteTo(target: Arg, name: string, context: Context): void {
  const { text } = target;
  if (isHarmlessDevice(text)) return;
  if (isBlockDevice(text)) {
    return tell(context, {
      name,
      class: 'destructive',
      rule: 'writes-device',
      reason: 'it writes over a whole device',
      beyondDoubt: true,
    });
  }
  if (isGuardedPlace(text)) {
    tell(context, {
      name,
      class: 'privilege',
      rule: 'writes-guarded-place',
      reason: 'it writes where programs are started from, or what belongs to the system',
    });
  }
}
