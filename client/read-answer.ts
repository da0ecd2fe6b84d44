/**
 * Reads what the gateway answered. An answer with a key too many or too few is refused: a newer gateway may say there what a person must
 * see before they answer. What differs is named, as nobody else knows that gateway and client are not of one version.
 */
import type { z } from 'zod';
import { CountersignError } from '../core/errors.ts';
import { jsonOrUndefined } from '../core/json-or-undefined.ts';
import { problemSchema } from './gateway-schemas.ts';

interface Asked<T> {
  method: string;
  path: string;
  schema: z.ZodType<T>;
}

/** @throws {CountersignError} with the code of the gateway's problem; `server-unavailable` for an answer of another shape */
export async function readAnswer<T>(asked: Asked<T>, answer: Response): Promise<T> {
  const value = jsonOrUndefined(await answer.text().catch(() => ''));
  if (answer.ok) {
    const body = asked.schema.safeParse(value);
    if (body.success) return body.data;
    throw ofAnotherShape(asked, answer, value, body.error.issues);
  }
  const problem = problemSchema.safeParse(value);
  if (!problem.success) throw ofAnotherShape(asked, answer, value, problem.error.issues);
  const { code, detail, findings = [] } = problem.data;
  const more = findings.map((one) => `${one.rule}: ${one.message}`);
  const retryAfterMs = waitBefore(answer);
  throw new CountersignError(code, more.length > 0 ? `${detail} (${more.join('; ')})` : detail, {
    cause: { ...problem.data, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
  });
}

/** Ms. Undefined: not told to come back. */
export function waitBefore(answer: Response): number | undefined {
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
  const told = (answer.status === 429 || answer.status === 503) && Number.isFinite(seconds);
  return told ? Math.max(0, seconds) * 1000 : undefined;
}

function ofAnotherShape(
  { method, path }: Pick<Asked<unknown>, 'method' | 'path'>,
  { status }: Response,
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
): CountersignError {
  const is = `Cannot read the answer to ${method} "${path}": status ${status}`;
  // What is not an object of JSON is no gateway's of any version: a proxy, or another service.
  if (typeof value !== 'object' || value === null) {
    return new CountersignError(
      'server-unavailable',
      `${is} without JSON, expected the answer of a gateway; check the URL`,
    );
  }
  return new CountersignError(
    'server-unavailable',
    `${is} with ${differenceText(issues)}, expected what a gateway of this version answers; bring gateway and client to one version, or check the URL`,
  );
}

const mostNamed = 3;

/** By the names of keys alone, never what stood there. */
function differenceText(issues: readonly z.core.$ZodIssue[]): string {
  const differences = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => `${nameOf([...issue.path, key])} too many`)
      : [`${nameOf(issue.path)} missing or of another kind`],
  );
  const more = differences.length - mostNamed;
  return `${differences.slice(0, mostNamed).join(', ')}${more > 0 ? `, and ${more} more differences` : ''}`;
}

/** Whoever answers chose it. */
function nameOf(path: readonly PropertyKey[]): string {
  const name = path.map(String).join('.');
  return /^[\w.-]{1,80}$/.test(name) ? `"${name}"` : 'a key';
}
