/** A process that owns a program which prints nothing and never ends by itself; prints that program's process id. */
import { spawnWithParent } from '../../../engine/spawn-with-parent.ts';

const program = await spawnWithParent(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], () => undefined);
process.stdout.write(`${program.pid}\n`);
await program.exited;
