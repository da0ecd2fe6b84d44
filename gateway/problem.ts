/**
 * Every refusal and fault as RFC 9457 problem+json. What goes out is a code, our own words and a request id: never the
 * words of a parser, which repeat what was sent, and never those of an unexpected error.
 */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Problem } from '../client/gateway-schemas.ts';
import { type ErrorCode, errorMeanings } from '../core/contracts/errors.ts';
import { type Finding, findingSchema } from '../core/contracts/labels.ts';
import { CountersignError } from '../core/errors.ts';
import type { GatewayApp } from './app.ts';
import { shapeWords, WrongShape } from './request-shape.ts';

type ProblemParts = Pick<Problem, 'code' | 'detail'> & Partial<Pick<Problem, 'status' | 'findings' | 'fields'>>;

const withFindings = z.object({ findings: z.array(findingSchema) });
/** Of each rule in the words; in full only these: a text that is all secrets would make an answer many times its size. */
const mostFindings = 20;
const problemType = 'application/problem+json';
const statusByConnectionError = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
  ['HPE_HEADER_OVERFLOW', 431],
]);
/** Seconds after which a caller may come back, where nothing better is known. */
const comeBackAfter = 1;

/** A guard refused what was sent. */
export function inputRefused(what: string, findings: readonly Finding[]): CountersignError {
  const rules = [...new Set(findings.map((finding) => `${finding.guard}/${finding.rule}`))].join(', ');
  return new CountersignError(
    'input-refused',
    `Cannot send ${what}: guard rule ${rules} found something in it, expected text without secrets; take it out and use a named credential`,
    { cause: { findings: findings.slice(0, mostFindings) } },
  );
}

export function installProblems(app: GatewayApp): void {
  app.setErrorHandler((error, request, reply) => {
    const parts = partsOf(error);
    logFault(request.log, parts.code, error);
    return sendProblem(request, reply, parts);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, {
      code: 'not-found',
      detail: 'Cannot answer this request: there is no such route, expected one of the API; read docs/openapi.json',
    }),
  );
}

/** An address that Fastify cannot route. It would answer in its own form, and repeat the address. */
export function answerBrokenRequest(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const status = clientStatus(error) ?? 400;
  const detail =
    'Cannot read the address of this request: it is malformed or too long, expected one of the API; read docs/openapi.json';
  void sendProblem(request, reply, { code: 'input-invalid', detail, status });
}

/** What is no HTTP request, or never ended. Not logged: the error holds what was sent, and with it a key. */
export function answerBrokenConnection(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = statusByConnectionError.get(error.code ?? '') ?? 400;
  const detail = 'Cannot read this request: it is not whole or not HTTP/1.1, expected a whole one; correct it';
  const body = JSON.stringify(problemOf(randomUUID(), { code: 'input-invalid', detail, status }));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, parts: ProblemParts): FastifyReply {
  const problem = problemOf(request.id, parts);
  const { status } = problem;
  void reply.code(status).type(problemType).serializer(String);
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  if (status === 503 && errorMeanings[parts.code].retry) void reply.header('retry-after', comeBackAfter);
  return reply.send(JSON.stringify(problem));
}

function problemOf(id: string, { code, detail, status, findings, fields }: ProblemParts): Problem {
  return {
    type: `/docs/errors/${code}`,
    title: errorMeanings[code].meaning,
    status: status ?? errorMeanings[code].status,
    detail,
    instance: `urn:uuid:${id}`,
    code,
    ...(findings ? { findings } : {}),
    ...(fields ? { fields } : {}),
  };
}

function partsOf(error: unknown): ProblemParts {
  if (error instanceof CountersignError) {
    const cause = withFindings.safeParse(error.cause);
    return { code: error.code, detail: error.message, ...(cause.success ? { findings: cause.data.findings } : {}) };
  }
  if (error instanceof WrongShape) return { code: 'input-invalid', ...shapeWords(error) };
  const status = clientStatus(error);
  if (status !== undefined) return { code: 'input-invalid', detail: unreadable(status), status };
  const detail = 'Cannot answer this request: a fault in the gateway, expected an answer; look for its id in the log';
  return { code: 'internal-fault', detail };
}

function clientStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}

function unreadable(status: number): string {
  const [is, expected] =
    status === 413
      ? ['it is too large', 'a smaller body']
      : status === 415
        ? ['its media type is another one', 'application/json']
        : ['its body does not parse', 'JSON'];
  return `Cannot read this request: ${is}, expected ${expected}; correct it`;
}

/** Without messages: an unexpected error's words may hold what was sent. Frames say where. */
function logFault(log: FastifyBaseLogger, code: ErrorCode, error: unknown): void {
  if (errorMeanings[code].status < 500) return;
  const unexpected = code === 'internal-fault' && error instanceof Error;
  log.error({ code, ...(unexpected ? { name: error.name, frames: framesOf(error) } : {}) }, 'request failed');
}

function framesOf(error: Error): string[] {
  const lines = (error.stack ?? '').split('\n');
  return lines.filter((line) => line.startsWith('    at ')).slice(0, 8);
}
