/**
 * What is said of an error: one line and where to read more, or `{"error":{code,message}}` as the result under `--json`.
 * A stack is shown only when asked for: it names paths and means nothing to a user.
 */
import { CommanderError } from 'commander';
import { type ErrorCode, errorMeanings } from '../core/contracts/errors.ts';
import { CountersignError, messageOf } from '../core/errors.ts';
import { exitCodes } from './exit-codes.ts';
import { type Terminal, visible } from './terminal.ts';

export interface ReportOptions {
  terminal: Terminal;
  json: boolean;
  /** COUNTERSIGN_DEBUG=1 */
  debug: boolean;
}

/** @returns the exit code. */
export function reportError(error: unknown, { terminal, json, debug }: ReportOptions): number {
  if (error instanceof CommanderError) return reportUsage(error, terminal, json);
  const { code, message } = describe(error);
  if (json) terminal.json({ error: { code, message: visible(message) } });
  else {
    terminal.talk(`${terminal.talkStyle('red', 'countersign:')} ${visible(message)}`);
    if (code === 'internal-fault') {
      terminal.talk('This is a defect in Countersign: please report it, with what COUNTERSIGN_DEBUG=1 shows besides');
    }
    terminal.talk(`what to do: countersign errors ${code}`);
  }
  if (debug && error instanceof Error) terminal.talk(error.stack ?? error.message);
  return errorMeanings[code].exit;
}

function describe(error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof CountersignError) return { code: error.code, message: error.message };
  return { code: 'internal-fault', message: `unexpected fault: ${messageOf(error).slice(0, 500)}` };
}

/** Commander has said what was wrong already, except under `--json`, where its words are held back. */
function reportUsage(error: CommanderError, terminal: Terminal, json: boolean): number {
  if (error.exitCode === 0) return exitCodes.done;
  if (json) terminal.json({ error: { code: 'input-invalid', message: error.message.replace(/^error: /u, '') } });
  return exitCodes.usage;
}
