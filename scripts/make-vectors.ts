/**
 * Writes the golden vectors in `test/vectors/`. The committed files are the contract: a test compares them with what this
 * script makes, so a change of a form that others rely on cannot slip in unseen.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../core/canonical-json.ts';
import type { Domain } from '../core/contracts/envelope.ts';
import { activityIdOf, approvalIdOf, callKeyOf } from '../core/contracts/call-names.ts';
import type { Message } from '../core/contracts/message.ts';
import { type DigestPurpose, digestJson, digestText } from '../core/digest.ts';
import { type EnvelopeTimes, sealEnvelope, signingBytes } from '../core/envelope.ts';
import { emptyTranscript, transcriptHead } from '../core/transcript.ts';
import { signerOf } from '../keys/index.ts';
import { canonicalCases, numberCases, refusedCases } from '../test/vectors/json-cases.ts';
import * as samples from '../test/vectors/samples.ts';

/** Text of each file by its name. */
export function makeVectors(): Record<string, string> {
  const files = {
    'canonical-json.json': {
      canonical: canonicalCases.map(canonicalVector),
      numbers: numberCases,
      refused: refusedCases,
    },
    'digests.json': digestVectors(),
    'ids.json': idVectors(),
    'transcript.json': transcriptVector(),
    'envelopes.json': envelopeVectors(),
  };
  return Object.fromEntries(Object.entries(files).map(([name, value]) => [name, `${asciiJson(value)}\n`]));
}

/** Everything beyond ASCII is escaped, so that no editor or tool changes an invisible character. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(
    /[^\n -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function canonicalVector(sample: (typeof canonicalCases)[number]) {
  const canonical = canonicalJson(JSON.parse(sample.input));
  if (canonical !== sample.canonical) throw new Error(`canonical form of "${sample.name}" is not the one written down`);
  return { ...sample, utf8Hex: Buffer.from(canonical, 'utf8').toString('hex') };
}

/** A record, so that the compiler asks for every purpose. */
const purposes: Record<DigestPurpose, true> = {
  arguments: true,
  body: true,
  card: true,
  decision: true,
  export: true,
  grant: true,
  'grant-coverage': true,
  idempotency: true,
  input: true,
  message: true,
  pack: true,
  policy: true,
  receipt: true,
  'target-state': true,
  terms: true,
  ticket: true,
  'tool-definition': true,
  transcript: true,
  undecodable: true,
  vote: true,
};

function digestVectors() {
  const text = 'caf\u00e9 \u{1F600}\n';
  return {
    text: (Object.keys(purposes) as DigestPurpose[]).map((purpose) => ({
      purpose,
      text,
      digest: digestText(purpose, text),
    })),
    empty: { purpose: 'body', text: '', digest: digestText('body', '') },
    json: {
      purpose: 'arguments',
      value: samples.argumentsValue,
      canonical: canonicalJson(samples.argumentsValue),
      digest: digestJson('arguments', samples.argumentsValue),
    },
  };
}

function idVectors() {
  const { workflowId, argumentsDigest } = samples;
  const calls = [
    { turn: 1, index: 0, try: 1, pass: 1, round: 1, purpose: 'execute', tool: 'read_logs' },
    { turn: 3, index: 0, try: 1, pass: 2, round: 1, purpose: 'execute', tool: 'restart_service' },
    { turn: 999_999, index: 127, try: 3, pass: 4, round: 12, purpose: 'target-state', tool: 'a' },
    { turn: 2, index: 1, try: 2, pass: 1, round: 2, purpose: 'dry-run', tool: 'delete_database' },
    { turn: 2, index: 1, try: 2, pass: 1, round: 2, purpose: 'probe', tool: 'delete_database' },
    { turn: 2, index: 1, try: 2, pass: 1, round: 2, purpose: 'void', tool: 'delete_database' },
  ] as const;
  return calls.map((call) => {
    const callKey = callKeyOf(workflowId, call.turn, call.index);
    const activityId = activityIdOf({ ...call, callKey, argumentsDigest });
    return { workflowId, ...call, argumentsDigest, callKey, approvalId: approvalIdOf(callKey, call.round), activityId };
  });
}

function transcriptVector() {
  const messages: Message[] = samples.messages;
  return {
    empty: emptyTranscript,
    steps: messages.map((message, index) => ({
      message,
      messageDigest: digestJson('message', message),
      after: transcriptHead(messages.slice(0, index + 1)),
    })),
  };
}

function envelopeVectors() {
  const { issuedAt } = samples;
  return [
    envelope('ticket', 'ticket', samples.ticketBody, { issuedAt, expiresAt: issuedAt + 300_000 }),
    envelope('decision deny', 'decision', samples.denyBody, { issuedAt }),
    envelope('decision ask', 'decision', samples.askBody, { issuedAt }),
    envelope('decision allow', 'decision', samples.allowBody, { issuedAt, expiresAt: issuedAt + 60_000 }),
    envelope('vote', 'vote', samples.voteBody, { issuedAt: issuedAt + 60_000 }),
    envelope('receipt', 'receipt', samples.receiptBody, { issuedAt: issuedAt + 71_234 }),
    envelope('export', 'export', samples.exportBody, { issuedAt: issuedAt + 90_000 }),
    ...samples.controlBodies.map((body) =>
      envelope(`control ${body.kind}`, 'control', body, { issuedAt, notBefore: issuedAt }),
    ),
  ];
}

function envelope(name: string, domain: Exclude<Domain, 'checkpoint'>, body: object, times: EnvelopeTimes) {
  const { privateKey, publicKey } = samples.testKey(domain);
  const signed = sealEnvelope(signerOf(domain, privateKey), domain, samples.audience, body, times);
  return {
    name,
    keyPhrase: samples.keyPhrase(domain),
    publicKey,
    signed,
    signingText: new TextDecoder().decode(signingBytes(signed)),
    // Control rows are referred to by sequence number, not by digest.
    digest: domain === 'control' ? null : digestJson(domain, signed),
  };
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(makeVectors())) {
    writeFileSync(join(import.meta.dirname, '..', 'test', 'vectors', name), text);
  }
}
