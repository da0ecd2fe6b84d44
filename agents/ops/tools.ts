/**
 * The ops agent's tools: real effects on a work folder, a service with an HTTP door, and an SMTP server, all named by
 * environment variables. Each effect hands its idempotency key to the other side, and can be looked up there afterwards.
 */
import { join } from 'node:path';
import { defineTool, readTextInFolder, shellTool, ToolFailure } from 'countersign';
import { createTransport } from 'nodemailer';
import { z } from 'zod';

const serviceName = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/);
const databaseName = z.string().regex(/^[a-z][a-z0-9_]{0,40}$/);
const longestLog = 64 * 1024;

const readLogs = defineTool({
  name: 'read_logs',
  description: 'Reads the newest lines of a service’s log',
  parameters: z.strictObject({ service: serviceName, lines: z.int().min(1).max(500).default(50) }),
  effect: 'read',
  execute: async ({ service, lines }) => {
    const text = await readTextInFolder(join(setting('OPS_FOLDER'), 'logs'), `${service}.log`, longestLog);
    return text.trimEnd().split('\n').slice(-lines).join('\n');
  },
});

const restartService = defineTool({
  name: 'restart_service',
  description: 'Restarts a service; doing it twice under one key restarts it once',
  parameters: z.strictObject({ service: serviceName }),
  effect: 'idempotent',
  startToCloseMs: 15_000,
  probe: async ({ service }, { idempotencyKey, signal }) =>
    await lookUp(`/services/${service}/restarts/${encodeURIComponent(idempotencyKey)}`, signal),
  execute: async ({ service }, { idempotencyKey, signal }) =>
    await ask('POST', `/services/${service}/restarts`, idempotencyKey, signal),
});

const deleteDatabase = defineTool({
  name: 'delete_database',
  description: 'Deletes a database for good',
  parameters: z.strictObject({ name: databaseName }),
  effect: 'effect',
  risk: 'critical',
  startToCloseMs: 15_000,
  probe: async ({ name }, { idempotencyKey, signal }) =>
    await lookUp(`/databases/${name}/deletions/${encodeURIComponent(idempotencyKey)}`, signal),
  execute: async ({ name }, { idempotencyKey, signal }) =>
    await ask('DELETE', `/databases/${name}`, idempotencyKey, signal),
});

const sendEmail = defineTool({
  name: 'send_email',
  description: 'Sends a plain text e-mail',
  parameters: z.strictObject({
    to: z.email().max(254),
    subject: z.string().min(1).max(200),
    body: z.string().max(20_000),
  }),
  effect: 'effect',
  startToCloseMs: 20_000,
  execute: async ({ to, subject, body }, { idempotencyKey }) => {
    const transport = createTransport({ host: '127.0.0.1', port: Number(setting('OPS_SMTP_PORT')), secure: false });
    const sent = await transport.sendMail({
      from: 'ops-agent@localhost',
      to,
      subject,
      text: body,
      messageId: `<${idempotencyKey.replace(':', '-')}@countersign.invalid>`,
    });
    return `sent to ${to} as ${sent.messageId}`;
  },
});

export const tools = [readLogs, restartService, deleteDatabase, sendEmail, shellTool()];

/** @throws {ToolFailure} the effect certainly did not happen */
function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new ToolFailure(`${name} is not set, expected it where the worker starts`);
  return value;
}

async function ask(method: string, path: string, idempotencyKey: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(new URL(path, setting('OPS_SERVICE_URL')), {
    method,
    signal,
    headers: { 'idempotency-key': idempotencyKey },
  });
  const text = await response.text();
  // The service says itself that it did nothing; anything else stays unknown until it is looked up.
  if (response.status >= 400 && response.status < 500)
    throw new ToolFailure(`${response.status}: ${text.slice(0, 500)}`);
  if (!response.ok) throw new Error(`the service answered ${response.status}`);
  return text;
}

async function lookUp(path: string, signal: AbortSignal): Promise<'happened' | 'did-not-happen' | 'unknown'> {
  const response = await fetch(new URL(path, setting('OPS_SERVICE_URL')), { signal });
  if (response.status === 200) return 'happened';
  return response.status === 404 ? 'did-not-happen' : 'unknown';
}
