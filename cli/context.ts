/** What every command is given: the world outside, so that tests can give another one. */
import type { Clock } from '../core/clock.ts';
import type { Config, Environment, Flags } from '../worker/config.ts';
import type { Pause } from './look-again.ts';
import type { Terminal } from './terminal.ts';

export interface CommandContext {
  readonly terminal: Terminal;
  readonly environment: Environment;
  readonly clock: Clock;
  /** `--json` */
  readonly json: boolean;
  /** A command to type next, with the `--state` and `--url` of this command line. */
  readonly typed: (words: string) => string;
  /** Settings: the flags of this command line, then the environment. @throws {CountersignError} `config-invalid` */
  readonly config: (more?: Flags) => Config;
  /**
   * Aborted by the first SIGINT or SIGTERM; the second one ends the process. Whoever takes it ends in an order of its own;
   * a command that has not taken it is left at once.
   */
  readonly takeStop: () => AbortSignal;
  /** Null where nobody can answer: standard input or error is no terminal. */
  readonly ask: ((question: string) => Promise<string>) | null;
  /** Between two looks of a command that watches. */
  readonly pause: Pause;
  /** Keeps compiled code of what is loaded from now on. */
  readonly cacheCode: (folder: string) => void;
  /** Standard input, in pieces of UTF-8. */
  readonly stdin: AsyncIterable<Uint8Array>;
}
