/**
 * Opens what lies in the store before anybody is shown it or decides by it: the ask the gate signed, the ticket this
 * gateway signed. A row that somebody changed without the keys is as good as none.
 */
import { askDigestOf } from '../core/approval.ts';
import { type Card, cardSchema } from '../core/contracts/approval.ts';
import { type AskBody, signedDecisionSchema } from '../core/contracts/decision.ts';
import { type SignedTicket, signedTicketSchema, type TicketBody } from '../core/contracts/ticket.ts';
import { digestText } from '../core/digest.ts';
import { openEnvelope } from '../core/envelope.ts';
import type { AskRow } from '../store/store.ts';
import type { GatewayContext } from './options.ts';

export interface OpenedAsk {
  row: AskRow;
  body: AskBody;
  card: Card;
}

type Opener = Pick<GatewayContext, 'keys' | 'audience' | 'clock'>;

export function openAsk({ keys, audience, clock }: Opener, row: AskRow): OpenedAsk | undefined {
  const opened = openEnvelope(row.ask, {
    schema: signedDecisionSchema,
    audience,
    registry: keys.registry,
    now: clock.now(),
  });
  if (opened.kind === 'rejected' || opened.signed.body.verdict !== 'ask') return undefined;
  const { body } = opened.signed;
  const fits =
    row.nonce === body.ask.nonce &&
    row.workflowId === body.workflowId &&
    row.askDigest === askDigestOf(opened.signed) &&
    digestText('card', row.card) === body.ask.cardDigest;
  const card = fits ? cardOf(row.card) : undefined;
  return card ? { row, body, card } : undefined;
}

/** The ticket's body; undefined where it was not signed here for this run. Its expiry limits the claim only. */
export function openTicket({ keys, audience }: Opener, value: unknown, workflowId: string): TicketBody | undefined {
  const opened = openEnvelope<SignedTicket>(value, {
    schema: signedTicketSchema,
    audience,
    registry: keys.registry,
    now: null,
  });
  return opened.kind === 'opened' && opened.signed.body.workflowId === workflowId ? opened.signed.body : undefined;
}

function cardOf(text: string): Card | undefined {
  try {
    return cardSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
