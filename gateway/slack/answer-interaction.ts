/**
 * What a click in Slack comes to: a modal that this gateway renders from the signed card, and a vote when that modal is sent.
 * Clicks on a message vote for nothing, whatever the message shows. Who may not answer is told why, and nobody else is.
 */
import { z } from 'zod';
import { digestSchema, nonceSchema } from '../../core/contracts/ids.ts';
import { voteVerdictSchema } from '../../core/contracts/approval.ts';
import { whyNotShown } from '../../core/card/why-not-shown.ts';
import type { ErrorCode } from '../../core/contracts/errors.ts';
import { CountersignError } from '../../core/errors.ts';
import { jsonOrUndefined } from '../../core/json-or-undefined.ts';
import { findAsk } from '../answerable.ts';
import type { ApproverCheck } from '../approvers.ts';
import { castVote } from '../cast-vote.ts';
import { describeSituation } from '../describe-situation.ts';
import { warningBeforeEdit } from '../left-after-edit.ts';
import { noteLook } from '../note-look.ts';
import type { GatewayContext, SlackOptions } from '../options.ts';
import type { Caller } from '../sessions.ts';
import { confirmationNeeded } from '../step-up.ts';
import type { OpenedAsk } from '../verified.ts';
import { callerOfSlackUser, enrolmentCode, type SlackUser } from './identity.ts';
import {
  actionIds,
  answerCallback,
  answerView,
  argumentsBlock,
  argumentsForm,
  confirmBlock,
  inputAction,
  reasonBlock,
  toldView,
  whisper,
} from './messages.ts';
import type { SlackApi } from './slack-api.ts';

const id = z.string().regex(/^[A-Z0-9]{1,40}$/);
const common = {
  user: z.looseObject({ id, team_id: id }),
  enterprise: z.looseObject({ id }).nullish(),
};
const clickSchema = z.looseObject({
  type: z.literal('block_actions'),
  ...common,
  trigger_id: z.string().max(200),
  channel: z.looseObject({ id }),
  actions: z
    .array(z.looseObject({ action_id: z.string(), value: z.string().optional() }))
    .min(1)
    .max(10),
});
const fieldSchema = z.record(z.string(), z.looseObject({ value: z.string().nullish() }));
const sentSchema = z.looseObject({
  type: z.literal('view_submission'),
  ...common,
  view: z.looseObject({
    callback_id: z.literal(answerCallback),
    private_metadata: z.string().max(3000),
    state: z.looseObject({ values: z.record(z.string(), fieldSchema) }),
  }),
});
/** An approval is taken back where it was given by a key or the inbox; no form of ours says so. */
const verdictSchema = voteVerdictSchema.extract(['approve', 'deny', 'edit']);
const metadataSchema = z.strictObject({ nonce: nonceSchema, cardDigest: digestSchema, verdict: verdictSchema });
const interactionSchema = z.discriminatedUnion('type', [clickSchema, sentSchema]);
export type Interaction = z.infer<typeof interactionSchema>;
type Click = z.infer<typeof clickSchema>;
type Sent = z.infer<typeof sentSchema>;
type Metadata = z.infer<typeof metadataSchema>;

export interface SlackContext {
  gateway: GatewayContext;
  options: SlackOptions;
  api: SlackApi;
  approvers: ApproverCheck;
  enrolmentUrl: (code: string) => string;
}

/** Of one delivery: Slack is told that all went well, and the record who was refused what. */
export interface SlackDelivery extends SlackContext {
  known: (keyId: string) => void;
  refused: (code: ErrorCode, about?: string) => void;
}

/** Slack waits 3 s for an answer; storing and signalling take far less, the run's word may take longer, ms. */
const answerWithinMs = 1200;

/** Undefined: nothing that is ours to act on, such as a click on a link. */
export function readInteraction(payload: string): Interaction | undefined {
  return interactionSchema.safeParse(jsonOrUndefined(payload)).data;
}

/** Opens the modal, or says why not. @throws what Slack's API throws */
export async function answerClick(context: SlackDelivery, click: Click): Promise<void> {
  const { gateway, api, approvers } = context;
  const [clicked] = click.actions.flatMap(({ action_id, value }) => {
    const verdict = verdictSchema.options.find((one) => actionIds[one] === action_id);
    return verdict === undefined ? [] : [{ verdict, value }];
  });
  const nonce = nonceSchema.safeParse(clicked?.value).data;
  if (!clicked || nonce === undefined) return;
  const { verdict } = clicked;
  const tell = async (message: ReturnType<typeof whisper>) =>
    await api.whisper(click.channel.id, click.user.id, message);
  const known = await identify(context, click);
  if (known.kind === 'refused') return await tell(whisper(known.reason, known.link));
  try {
    const { ask, ticket } = await findAsk(gateway, nonce);
    const answer = { verdict, channel: 'slack', hasReason: true, isConfirmed: true } as const;
    const may = await approvers.mayAnswer(ask, ticket, known.caller, answer);
    if (may.kind === 'may-not') context.refused('forbidden', nonce);
    if (may.kind === 'may-not') return await tell(whisper(`You may not answer this request: ${may.reason}.`));
    if (ask.row.outcome !== null) return await tell(whisper(`This request is ${ask.row.outcome}.`));
    const why = whyNotHere(ask, verdict);
    if (why !== undefined) context.refused('forbidden', nonce);
    if (why !== undefined) return await tell(whisper(why));
    const { cardDigest, terms } = ask.body.ask;
    const { reasonRequired } = terms;
    const confirmation = toConfirm(ask, verdict);
    const situation = await describeSituation(gateway, ask);
    const warning = verdict === 'edit' ? await warningBeforeEdit(gateway, ask, known.caller) : undefined;
    await api.openView(
      click.trigger_id,
      answerView(ask.card, situation, { nonce, cardDigest, verdict, reasonRequired, confirmation, warning }),
    );
    // After it: the time in which Slack opens a form runs.
    await noteLook(gateway, ask, known.caller, 'slack');
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    context.refused(error.code, nonce);
    await tell(whisper(error.message));
  }
}

function whyNotHere({ card, body }: OpenedAsk, verdict: Metadata['verdict']): string | undefined {
  const unseen = verdict === 'deny' ? undefined : whyNotShown(card, 'slack');
  const done = verdict === 'edit' ? 'edited' : 'approved';
  if (unseen !== undefined) return `Cannot be ${done} from Slack: ${unseen}. Open it in the inbox.`;
  if (verdict !== 'edit') return undefined;
  if (!body.ask.editable) return 'This request cannot be edited, or not any more.';
  return argumentsForm(card) === undefined ? 'Too long to be edited in Slack. Open it in the inbox.' : undefined;
}

/** @returns what Slack shows in the modal's place. */
export async function answerSent(context: SlackDelivery, sent: Sent): Promise<unknown> {
  const { gateway, approvers } = context;
  const metadata = metadataSchema.safeParse(jsonOrUndefined(sent.view.private_metadata)).data;
  if (!metadata) return update('This form is none of ours; nothing was sent.');
  const known = await identify(context, sent);
  if (known.kind === 'refused') return update(known.reason);
  const { nonce, cardDigest, verdict } = metadata;
  const reason = inputOf(sent, reasonBlock);
  try {
    if (!known.caller.scopes.includes('approvals:vote')) {
      context.refused('forbidden', nonce);
      return update('Your key may not vote; use one that may.');
    }
    const { ask } = await findAsk(gateway, nonce);
    const expected = toConfirm(ask, verdict);
    const confirmation = inputOf(sent, confirmBlock);
    if (expected !== undefined && confirmation !== expected) {
      return { response_action: 'errors', errors: { [confirmBlock]: `Type ${expected} to approve` } };
    }
    const ballot = {
      verdict,
      cardDigest,
      channel: 'slack',
      answerWithinMs,
      ...(expected === undefined ? {} : { confirmation }),
      ...(reason === '' ? {} : { reason }),
      ...(verdict === 'edit' ? { arguments: inputOf(sent, argumentsBlock) } : {}),
    } as const;
    const result = await castVote(gateway, approvers, known.caller, nonce, ballot);
    return update(wordsOf[result.status]);
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    context.refused(error.code, nonce);
    // The form stays, with what was typed.
    if (verdict === 'edit' && isAboutArguments(error)) {
      return { response_action: 'errors', errors: { [argumentsBlock]: error.message.slice(0, 2000) } };
    }
    if (error.code === 'input-refused') {
      return { response_action: 'errors', errors: { [reasonBlock]: error.message.slice(0, 2000) } };
    }
    return update(error.message);
  }
}

function isAboutArguments({ code, message }: CountersignError): boolean {
  return code === 'input-invalid' || (code === 'input-refused' && message.includes('the edited arguments'));
}

/** What the person types to approve this; undefined: nothing. The terms may want it, and what is critical always does. */
function toConfirm(ask: OpenedAsk, verdict: Metadata['verdict']): string | undefined {
  if (verdict !== 'approve') return undefined;
  return confirmationNeeded(ask, 'api')?.expected ?? (ask.card.risk === 'critical' ? ask.card.tool : undefined);
}

const wordsOf = {
  applied: 'Your answer is counted. The message in the channel says what the request comes to.',
  recorded: 'Your answer is recorded; the run has not taken it yet. The message in the channel says what comes of it.',
  duplicate: 'You had answered before; the first answer stands.',
  late: 'Too late: the request was no longer open.',
  rejected: 'Your answer was not counted.',
} as const;

type Known =
  | { kind: 'known'; caller: Caller }
  | { kind: 'refused'; reason: string; link?: { url: string; text: string } };

async function identify(
  { gateway, options, enrolmentUrl, known, refused }: SlackDelivery,
  { user, enterprise }: Interaction,
): Promise<Known> {
  const slackUser: SlackUser = { enterpriseId: enterprise?.id ?? null, teamId: user.team_id, userId: user.id };
  if (slackUser.teamId !== options.teamId) {
    refused('unauthenticated');
    return { kind: 'refused', reason: 'You are of another workspace; only people of this one can answer here.' };
  }
  const caller = await callerOfSlackUser(gateway, slackUser);
  if (caller) {
    known(caller.keyId);
    return { kind: 'known', caller };
  }
  refused('unauthenticated');
  const code = enrolmentCode(options.signingSecret, slackUser, gateway.clock.now());
  const reason =
    'Countersign does not know who you are yet. Sign in to the inbox ("countersign inbox"), then open this link.';
  return { kind: 'refused', reason, link: { url: enrolmentUrl(code), text: 'Say who you are' } };
}

function inputOf({ view }: Sent, block: string): string {
  return view.state.values[block]?.[inputAction]?.value?.trim() ?? '';
}

function update(text: string): unknown {
  return { response_action: 'update', view: toldView(text) };
}
