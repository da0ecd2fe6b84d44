/** The findings for what prints secrets: one that stands in the environment, files of a list. Others say where it is so. */
import { type Context, tell } from './context.ts';

/** The finding for a list of names that is handed to what prints files. */
export function tellList(name: string, context: Context): void {
  tell(context, {
    name,
    class: 'privilege',
    rule: 'prints-listed-files',
    reason: 'it prints whatever files are listed, hidden ones and those with secrets too',
  });
}

export function tellSecret(name: string, context: Context): void {
  tell(context, {
    name,
    class: 'privilege',
    rule: 'prints-secret-variable',
    reason: 'it prints the environment, or a variable that is called like a secret',
  });
}
