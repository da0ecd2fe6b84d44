/**
 * What a person types is scanned here, before it is sent: a workflow's input and signals are in the history before any
 * guard of the worker runs. The text itself is never repeated.
 */
import { CountersignError } from '../core/errors.ts';
import { checkInput, findSecrets } from '../guards/index.ts';

const maximumBytes = 200_000;

/**
 * @param what for the message, such as `start the run`
 * @throws {CountersignError} `input-refused`
 */
export async function refuseUnsafeText(what: string, text: string): Promise<void> {
  const findings = [...checkInput(text, { maximumBytes }), ...(await findSecrets(text))];
  if (findings.length === 0) return;
  const found = findings.map(({ rule, message, span }) => `${message} [${rule}${span ? ` at ${span.start}` : ''}]`);
  const remedies = [...new Set(findings.flatMap(({ remedy }) => remedy ?? []))];
  throw new CountersignError(
    'input-refused',
    `Cannot ${what}: the text ${found.join(', ')}, expected none of that in a history; ${remedies.join('; ')}`,
  );
}
