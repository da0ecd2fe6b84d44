/**
 * Edited arguments before anybody signs them: read strictly, held against the tool's own schema as the gate recorded it, scanned
 * for secrets, and laid down where the gate will find them. What does not fit is refused with its place, and nothing is kept of
 * it. Not checked here: the policy and the tool's own further checks, which are the gate's.
 */
import { z } from 'zod';
import { argumentsParser, type ParsedArguments } from '../core/arguments-parser.ts';
import type { VoteBody } from '../core/contracts/approval.ts';
import { CountersignError } from '../core/errors.ts';
import { cannot } from './answerable.ts';
import type { GatewayContext } from './options.ts';
import { refuseSecrets } from './refuse-secrets.ts';
import type { OpenedAsk } from './verified.ts';

/** Characters of what somebody edits; what is longer is not for editing by hand. */
const longestEdit = 60_000;

/**
 * @param text JSON
 * @throws {CountersignError} `conflict` where it cannot be edited, or was edited to what it is; `input-invalid` with the places
 * that do not fit; `input-refused` with a secret in it
 */
export async function prepareEdit(
  gateway: GatewayContext,
  ask: OpenedAsk,
  text: string,
): Promise<NonNullable<VoteBody['edits']>> {
  const parse = await parserOf(gateway, ask);
  const parsed = text.length > longestEdit ? tooLong : parse(text);
  if (parsed.kind === 'invalid') {
    throw new CountersignError(
      'input-invalid',
      `Cannot edit approval request "${ask.row.approvalId}": the arguments do not fit the tool: ${parsed.problems.join('; ')}; expected what the schema of ${ask.card.tool} says; correct them, the request is as it was`,
    );
  }
  if (parsed.digest === ask.body.argumentsDigest) {
    throw cannot('conflict', ask, 'the edited arguments are those it has', 'other ones', 'change them, or approve it');
  }
  await refuseSecrets(gateway, 'the edited arguments', parsed.canonical);
  return { argumentsDigest: parsed.digest, argumentsBody: await gateway.store.putBody(parsed.canonical) };
}

const tooLong: ParsedArguments = {
  kind: 'invalid',
  problems: [`they are longer than ${longestEdit} characters`],
};

/** Of a request that cannot be edited. */
export function whyNotEditable({ body }: Pick<OpenedAsk, 'body'>): string {
  const { kind, edited, times = 1 } = body.ask;
  if (kind !== 'call') return 'it asks what became of a call';
  if (times > 1) return `it stands for ${times} identical calls, which cannot be edited together`;
  return edited ? 'it was edited as often as its terms allow' : 'its terms let nobody edit it';
}

async function parserOf({ store }: GatewayContext, ask: OpenedAsk): Promise<(text: string) => ParsedArguments> {
  const { editable } = ask.body.ask;
  if (!editable) throw cannot('conflict', ask, whyNotEditable(ask), 'one that may be edited', 'approve or deny it');
  const schema = schemaOf(await store.getBody(editable.schemaBody));
  if (schema) return argumentsParser(schema);
  throw cannot('conflict', ask, 'the schema of its arguments cannot be read', 'it in the store', 'approve or deny it');
}

/** Of the gate, made from the tool's own. A schema that says less than the tool checks refuses less: the gate has the last word. */
function schemaOf(text: string | null): z.ZodObject | undefined {
  try {
    const schema = z.fromJSONSchema(z.record(z.string(), z.unknown()).parse(JSON.parse(text ?? '')));
    return schema instanceof z.ZodObject ? schema : undefined;
  } catch {
    return undefined;
  }
}
