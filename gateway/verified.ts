/**
 * Opens what lies in the store before anybody is shown it or decides by it: the ask the gate signed, the ticket this
 * gateway signed. A row that somebody changed without the keys is as good as none.
 */
import { askDigestOf } from '../core/approval.ts';
import { type Card, cardSchema } from '../core/contracts/approval.ts';
import { type AskBody, type SignedDecision, signedDecisionSchema } from '../core/contracts/decision.ts';
import { type SignedTicket, signedTicketSchema, type TicketBody } from '../core/contracts/ticket.ts';
import { digestText } from '../core/digest.ts';
import { deepFrozen, openOnce } from '../core/open-once.ts';
import type { AskRow } from '../store/store.ts';
import type { GatewayContext } from './options.ts';

export interface OpenedAsk {
  row: AskRow;
  body: AskBody;
  card: Card;
}

type Opener = Pick<GatewayContext, 'keys' | 'audience' | 'clock'>;

export function openAsk({ keys, audience, clock }: Opener, row: AskRow): OpenedAsk | undefined {
  const opened = openOnce(row.ask, {
    schema: signedDecisionSchema,
    audience,
    registry: keys.registry,
    now: clock.now(),
  });
  if (opened.kind === 'rejected' || opened.signed.body.verdict !== 'ask') return undefined;
  const { body } = opened.signed;
  const shown = shownOf(opened.signed, row.card);
  const fits =
    row.nonce === body.ask.nonce &&
    row.workflowId === body.workflowId &&
    row.askDigest === shown.askDigest &&
    shown.cardDigest === body.ask.cardDigest;
  return fits && shown.card ? { row, body, card: shown.card } : undefined;
}

/** The ticket's body; undefined where it was not signed here for this run. Its expiry limits the claim only. */
export function openTicket({ keys, audience }: Opener, value: unknown, workflowId: string): TicketBody | undefined {
  const options = { schema: signedTicketSchema, audience, registry: keys.registry, now: null };
  const opened = openOnce<SignedTicket>(value, options);
  return opened.kind === 'opened' && opened.signed.body.workflowId === workflowId ? opened.signed.body : undefined;
}

interface Shown {
  cardText: string;
  askDigest: string;
  cardDigest: string;
  card: Card | undefined;
}

/** By the ask itself, which the store freezes: whoever lists the same requests again does not digest them again. */
const shownByAsk = new WeakMap<SignedDecision, Shown>();

function shownOf(ask: SignedDecision, cardText: string): Shown {
  const known = shownByAsk.get(ask);
  if (known?.cardText === cardText) return known;
  const askDigest = askDigestOf(ask);
  const shown = { cardText, askDigest, cardDigest: digestText('card', cardText), card: deepFrozen(cardOf(cardText)) };
  if (Object.isFrozen(ask)) shownByAsk.set(ask, shown);
  return shown;
}

function cardOf(text: string): Card | undefined {
  try {
    return cardSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
