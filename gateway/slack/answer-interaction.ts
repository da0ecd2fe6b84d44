/**
 * What a click in Slack comes to: a modal that this gateway renders from the signed card, and a vote when that modal is sent.
 * Clicks on a message vote for nothing, whatever the message shows. Who may not answer is told why, and nobody else is.
 */
import { whyNotShown } from '../../core/card/why-not-shown.ts';
import { linesFitSlack } from '../../core/card/render-slack.ts';
import type { ErrorCode } from '../../core/contracts/errors.ts';
import type { VoteResult } from '../../client/gateway-schemas.ts';
import { nonceSchema } from '../../core/contracts/ids.ts';
import type { Risk } from '../../core/contracts/labels.ts';
import { CountersignError } from '../../core/errors.ts';
import { makeVisible } from '../../core/make-visible.ts';
import { findAsk } from '../answerable.ts';
import type { ApproverCheck } from '../approvers.ts';
import { castVote } from '../cast-vote.ts';
import { describeSituation } from '../describe-situation.ts';
import { warningBeforeEdit } from '../left-after-edit.ts';
import { noteLook } from '../note-look.ts';
import { requireGrantable } from '../grants/grantable.ts';
import { previewGrant } from '../grants/preview-grant.ts';
import { grantsOfRequest } from '../grants/show-grants.ts';
import type { GatewayContext, SlackOptions } from '../options.ts';
import { whyNotEditable } from '../prepare-edit.ts';
import type { Caller } from '../sessions.ts';
import { confirmationNeeded } from '../step-up.ts';
import type { OpenedAsk } from '../verified.ts';
import { grantBlocks, grantForm, readGrantForm } from './grant-form.ts';
import { callerOfSlackUser, enrolmentCode, type SlackUser } from './identity.ts';
import {
  type AnswerMetadata,
  answerMetadataOf,
  type Click,
  grantMetadataOf,
  type Interaction,
  type Sent,
  typedIn,
  verdictSchema,
} from './interaction.ts';
import {
  actionIds,
  answerView,
  argumentsBlock,
  argumentsForm,
  confirmBlock,
  grantCallback,
  reasonBlock,
  toldView,
  whisper,
} from './messages.ts';
import { type SlackApi, slackFailureOf } from './slack-api.ts';

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
const channel = 'slack';
/** Slack keeps no more with a form, characters. */
const longestMetadata = 3000;
const actions = [...verdictSchema.options, 'grant'] as const;

/** Opens the modal, or says why not. @throws what Slack's API throws */
export async function answerClick(context: SlackDelivery, click: Click): Promise<void> {
  const { gateway, api, approvers } = context;
  const [clicked] = click.actions.flatMap(({ action_id, value }) => {
    const what = actions.find((one) => actionIds[one] === action_id);
    return what === undefined ? [] : [{ what, value }];
  });
  const nonce = nonceSchema.safeParse(clicked?.value).data;
  if (!clicked) return;
  // No button of ours holds anything else.
  if (nonce === undefined) return context.refused('input-invalid');
  const { what } = clicked;
  const verdict = what === 'grant' ? 'approve' : what;
  const tell = async (message: ReturnType<typeof whisper>) =>
    await api.whisper(click.channel.id, click.user.id, message);
  const known = await identify(context, click);
  if (known.kind === 'refused') return await tell(whisper(known.reason, known.link));
  try {
    const found = await findAsk(gateway, nonce);
    const { ask, ticket } = found;
    const answer = { verdict, channel, hasReason: true, isConfirmed: true } as const;
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
    const situation = await describeSituation(gateway, found);
    const warning = verdict === 'edit' ? await warningBeforeEdit(gateway, ask, known.caller) : undefined;
    const view =
      what === 'grant'
        ? grantForm(requireGrantable(ask), situation, await grantsOfRequest(gateway, nonce))
        : answerView(ask.card, situation, { nonce, cardDigest, verdict, reasonRequired, confirmation, warning });
    try {
      await api.openView(click.trigger_id, view);
    } catch (error) {
      // Else the click seems to have done nothing, and nobody knows whether it did.
      const { problem } = slackFailureOf(error);
      gateway.logger.warn({ channel, nonce }, problem);
      return await tell(whisper(`The form did not open (${problem}); nothing was answered. Click again.`));
    }
    // After it: the time in which Slack opens a form runs.
    await noteLook(gateway, ask, known.caller, channel);
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    context.refused(error.code, nonce);
    await tell(whisper(error.message));
  }
}

function whyNotHere({ card, body }: OpenedAsk, verdict: AnswerMetadata['verdict']): string | undefined {
  const unseen = verdict === 'deny' ? undefined : whyNotShown(card, 'slack');
  const done = verdict === 'edit' ? 'edited' : 'approved';
  if (unseen !== undefined) return `Cannot be ${done} from Slack: ${unseen}. Open it in the inbox.`;
  if (verdict !== 'edit') return undefined;
  if (!body.ask.editable) return `This request cannot be edited: ${whyNotEditable({ body })}.`;
  return argumentsForm(card) === undefined ? 'Too long to be edited in Slack. Open it in the inbox.' : undefined;
}

/** @returns what Slack shows in the modal's place. */
export async function answerSent(context: SlackDelivery, sent: Sent): Promise<unknown> {
  const known = await identify(context, sent);
  if (known.kind === 'refused') return update(known.reason);
  if (!known.caller.scopes.includes('approvals:vote')) {
    context.refused('forbidden');
    return update('Your key may not vote; use one that may.');
  }
  return sent.view.callback_id === grantCallback
    ? await answerGrantForm(context, known.caller, sent)
    : await answerForm(context, known.caller, sent);
}

async function answerForm(
  { gateway, approvers, refused }: SlackDelivery,
  caller: Caller,
  sent: Sent,
): Promise<unknown> {
  const metadata = answerMetadataOf(sent);
  if (!metadata) return notOurs(refused);
  const { nonce, cardDigest, verdict, grant } = metadata;
  const reason = typedIn(sent, reasonBlock);
  try {
    const { ask } = await findAsk(gateway, nonce);
    const granted = grant && (await previewGrant(gateway, approvers, caller, nonce, { grant, cardDigest, channel }));
    const expected = toConfirm(ask, verdict, granted?.risk);
    const confirmation = typedIn(sent, confirmBlock);
    if (expected !== undefined && confirmation !== expected) {
      refused('input-refused', nonce);
      return { response_action: 'errors', errors: { [confirmBlock]: `Type ${expected} to approve` } };
    }
    const ballot = {
      verdict,
      cardDigest,
      channel,
      answerWithinMs,
      ...(expected === undefined ? {} : { confirmation }),
      ...(reason === '' ? {} : { reason }),
      ...(verdict === 'edit' ? { arguments: typedIn(sent, argumentsBlock) } : {}),
      ...(grant ? { grant } : {}),
    } as const;
    const result = await castVote(gateway, approvers, caller, nonce, ballot);
    return update(wordsOf(result));
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    refused(error.code, nonce);
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

/** Nothing is recorded: what was said comes back as it would be recorded, to be confirmed in a second form. */
async function answerGrantForm(
  { gateway, approvers, refused }: SlackDelivery,
  caller: Caller,
  sent: Sent,
): Promise<unknown> {
  const metadata = grantMetadataOf(sent);
  if (!metadata) return notOurs(refused);
  const { nonce, cardDigest } = metadata;
  const said = readGrantForm(sent);
  if (said.kind === 'wrong') {
    refused('input-invalid', nonce);
    return { response_action: 'errors', errors: said.errors };
  }
  const beside = 'sign' in said.request ? grantBlocks.which : grantBlocks.patterns;
  const wrong = (text: string) => ({ response_action: 'errors', errors: { [beside]: text.slice(0, 2000) } });
  try {
    const found = await findAsk(gateway, nonce);
    const { ask } = found;
    const shown = await previewGrant(gateway, approvers, caller, nonce, { grant: said.request, cardDigest, channel });
    if (!linesFitSlack(shown.lines)) return wrong('What it covers is too long for Slack; say it in the inbox');
    const request = 'sign' in said.request ? said.request : { ...said.request, shown: shown.coverageDigest };
    const confirmation = toConfirm(ask, 'approve', shown.risk);
    const { reasonRequired } = ask.body.ask.terms;
    const grant = { request, lines: shown.lines };
    const view = answerView(ask.card, await describeSituation(gateway, found), {
      nonce,
      cardDigest,
      verdict: 'approve',
      reasonRequired,
      confirmation,
      grant,
    });
    return longestMetadata < JSON.stringify({ nonce, cardDigest, verdict: 'approve', grant: request }).length
      ? wrong('These patterns are too long for Slack; say them in the inbox')
      : { response_action: 'push', view };
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    refused(error.code, nonce);
    // What can be said otherwise stays to be said; the rest ends the form.
    return ['input-invalid', 'input-refused', 'forbidden'].includes(error.code)
      ? wrong(error.message)
      : update(error.message);
  }
}

function isAboutArguments({ code, message }: CountersignError): boolean {
  return code === 'input-invalid' || (code === 'input-refused' && message.includes('the edited arguments'));
}

/**
 * What the person types to approve this; undefined: nothing. The terms may want it, and what is critical always does.
 * @param risk of what is granted besides
 */
function toConfirm(ask: OpenedAsk, verdict: AnswerMetadata['verdict'], risk?: Risk): string | undefined {
  if (verdict !== 'approve') return undefined;
  const isCritical = ask.card.risk === 'critical' || risk === 'critical';
  return confirmationNeeded(ask, 'api', 'approve', risk)?.expected ?? (isCritical ? ask.card.tool : undefined);
}

function wordsOf(result: VoteResult): string {
  const why = result.status === 'duplicate' || result.status === 'rejected' ? result.reason : null;
  return why === null ? words[result.status] : `${words[result.status]} The gateway says: ${makeVisible(why)}.`;
}

const words = {
  applied: 'Your answer is counted. The message in the channel says what the request comes to.',
  recorded: 'Your answer is recorded; the run has not taken it yet. The message in the channel says what comes of it.',
  duplicate: 'Your answer is not counted.',
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

/** Signed by Slack, and rendered by somebody else: an app of the same name, or a changed client. */
function notOurs(refused: SlackDelivery['refused']): unknown {
  refused('input-invalid');
  return update('This form is none of ours; nothing was sent.');
}

function update(text: string): unknown {
  return { response_action: 'update', view: toldView(text) };
}
