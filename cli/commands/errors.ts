/**
 * `countersign errors`: what an error code means and what to do, from the pages that come with the program. It reads them as
 * they are; nothing is looked up elsewhere.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type ErrorCode, errorMeanings } from '../../core/contracts/errors.ts';
import { CountersignError } from '../../core/errors.ts';
import { defineCommand, noOptions } from '../define-command.ts';
import { exitCodes } from '../exit-codes.ts';
import { tableLines } from '../show/format.ts';

const codes = Object.keys(errorMeanings) as [ErrorCode, ...ErrorCode[]];
/** In the sources the pages are beside `cli/`; the package has its code one folder deeper. */
const folder = new URL(
  import.meta.url.endsWith('.ts') ? '../../docs/errors/' : '../../../docs/errors/',
  import.meta.url,
);

export const errors = defineCommand({
  usage: 'errors [code]',
  summary: 'Say what an error code means, its causes, and what to do; without a code, list them all',
  examples: ['errors', 'errors config-invalid', 'errors store-unavailable --json'],
  options: noOptions,
  run({ terminal, json }, [code]) {
    if (code === undefined) {
      if (json) terminal.json({ errors: codes.map((one) => ({ code: one, ...errorMeanings[one] })) });
      else for (const line of tableLines(codes.map(rowOf))) terminal.result(line);
      return Promise.resolve(exitCodes.done);
    }
    const known = z.enum(codes).safeParse(code);
    if (!known.success) {
      throw new CountersignError(
        'not-found',
        `Cannot find the error code "${code}"; \`countersign errors\` lists them all`,
      );
    }
    const page = readFileSync(new URL(`${known.data}.md`, folder), 'utf8').trimEnd();
    if (json) terminal.json({ code: known.data, ...errorMeanings[known.data], page });
    else terminal.result(page);
    return Promise.resolve(exitCodes.done);
  },
});

function rowOf(code: ErrorCode): string[] {
  const { meaning, exit, retry } = errorMeanings[code];
  return [code, `exit ${exit}`, retry ? 'try again' : '', meaning];
}
