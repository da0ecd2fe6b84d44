/**
 * The gateway's HTTP API as a typed client: what the CLI and embedding programs use. It sends one key to one gateway,
 * follows no redirects, believes no answer that does not parse, and repeats a request only where repeating is safe.
 */
import { z } from 'zod';
import type { Risk } from '../core/contracts/labels.ts';
import { CountersignError, messageOf } from '../core/errors.ts';
import {
  noticeListSchema,
  noticeSchema,
  type NoticeView,
  signInLinkSchema,
  type SignInLink,
  type SlackIdentity,
  slackIdentityListSchema,
  type SlackUserView,
} from './channel-schemas.ts';
import type { EditRequest } from './edit-schemas.ts';
import {
  grantListSchema,
  type GrantPreview,
  type GrantPreviewRequest,
  grantPreviewSchema,
  type GrantView,
  grantViewSchema,
} from './grant-schemas.ts';
import {
  reviewListSchema,
  type ReviewList,
  reviewViewSchema,
  type ReviewView,
  type SignReviewRequest,
} from './review-schemas.ts';
import {
  type ApprovalArguments,
  approvalArgumentsSchema,
  approvalWordsSchema,
  type ApprovalWords,
  type WordsAbout,
  approvalListSchema,
  type ApprovalList,
  approvalViewSchema,
  type ApprovalView,
  cancelledSchema,
  fleetStateSchema,
  type FleetState,
  reconciledSchema,
  type ReconcileRequest,
  type ReconcileResult,
  runListSchema,
  type RunList,
  runStartedSchema,
  type RunStarted,
  type StartRunRequest,
  type VoteRequest,
  voteResultSchema,
  type VoteResult,
  type WithdrawRequest,
} from './gateway-schemas.ts';
import { type ApprovalPaceView, approvalPaceSchema } from './pace-schemas.ts';
import { readAnswer, waitBefore } from './read-answer.ts';
import { runDetailSchema, type RunDetail } from './run-detail-schemas.ts';
import {
  type ActivatePolicyRequest,
  policyActivatedSchema,
  type PolicyActivated,
  policyPublishedSchema,
  type PolicyPublished,
  policyStatusSchema,
  type PolicyStatus,
  proposalWithdrawnSchema,
  type ProposalWithdrawn,
  type RollBackPolicyRequest,
  type WithdrawProposalRequest,
} from './policy-schemas.ts';
import {
  type RedactionList,
  redactionListSchema,
  type RedactionShown,
  redactionShownSchema,
} from './redaction-schemas.ts';
import {
  keyListSchema,
  keyMintedSchema,
  type KeyMinted,
  type KeyView,
  type MintKeyRequest,
  refusalListSchema,
  type RefusalList,
} from './key-schemas.ts';

export interface CountersignOptions {
  /** Of the gateway, such as `http://127.0.0.1:7420`. */
  url: string;
  apiKey: string;
  /** Of one request, ms. @default 10_000 */
  timeoutMs?: number;
  /** Requests after the first that was told to come back later (429, 503 with `retry-after`). @default 2 */
  retries?: number;
  /** Longest `retry-after` that is waited for, ms. @default 5000 */
  longestWaitMs?: number;
  /** @default globalThis.fetch */
  fetch?: typeof fetch;
}

export interface ApprovalListFilter {
  state?: 'open' | 'all';
  workflowId?: string;
  agent?: string;
  tool?: string;
  risk?: Risk;
  /** Only what the caller may answer. */
  mayAnswer?: boolean;
  limit?: number;
  version?: string;
  /** Ms. */
  waitMs?: number;
}

interface Call<T> {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  headers?: Record<string, string>;
  schema: z.ZodType<T>;
  /** A second one changes nothing. */
  repeatable: boolean;
}

export class Countersign {
  readonly #options: Required<Omit<CountersignOptions, 'url' | 'fetch'>> & { base: URL; fetch: typeof fetch };

  /** @throws {CountersignError} `config-invalid` when the URL is none */
  constructor(options: CountersignOptions) {
    const { url, apiKey, timeoutMs = 10_000, retries = 2, longestWaitMs = 5000 } = options;
    const base = URL.parse(url);
    if (base?.protocol !== 'http:' && base?.protocol !== 'https:') {
      throw new CountersignError(
        'config-invalid',
        'Cannot use the gateway: its URL is none, expected http(s)://host:port; correct the setting',
      );
    }
    this.#options = { base, apiKey, timeoutMs, retries, longestWaitMs, fetch: options.fetch ?? globalThis.fetch };
  }

  readonly runs = {
    /** @param idempotencyKey a retry with the same key and request never starts a second run. @default a fresh one */
    start: (request: StartRunRequest, idempotencyKey: string = crypto.randomUUID()): Promise<RunStarted> =>
      this.#call({
        method: 'POST',
        path: '/v1/runs',
        body: request,
        headers: { 'idempotency-key': idempotencyKey },
        schema: runStartedSchema,
        repeatable: true,
      }),
    list: (filter: { limit?: number; before?: string; principal?: string } = {}): Promise<RunList> =>
      this.#get('/v1/runs', runListSchema, filter),
    get: (workflowId: string): Promise<RunDetail> => this.#get(`/v1/runs/${segment(workflowId)}`, runDetailSchema),
    cancel: async (workflowId: string, reason: string, force = false): Promise<void> => {
      const body = force ? { reason, force } : { reason };
      await this.#post(`/v1/runs/${segment(workflowId)}/cancel`, body, cancelledSchema, true);
    },
  };

  readonly approvals = {
    /** With `version` and `waitMs` (less than `timeoutMs`): answered when the list is another one, or the wait is over. */
    list: (filter: ApprovalListFilter = {}): Promise<ApprovalList> =>
      this.#get('/v1/approvals', approvalListSchema, { ...filter, mayAnswer: filter.mayAnswer ? 'true' : undefined }),
    /** @param channel where a person is shown it, for the record of who looked. @default 'api' */
    get: (nonce: string, channel?: 'terminal'): Promise<ApprovalView> =>
      this.#get(`/v1/approvals/${segment(nonce)}`, approvalViewSchema, { channel }),
    /** Whole, also where the card cuts them. */
    arguments: (nonce: string): Promise<ApprovalArguments> =>
      this.#get(`/v1/approvals/${segment(nonce)}/arguments`, approvalArgumentsSchema),
    /** What the tool said before anybody was asked, also where the card cuts it. */
    words: (nonce: string, about: WordsAbout): Promise<ApprovalWords> =>
      this.#get(`/v1/approvals/${segment(nonce)}/words/${about}`, approvalWordsSchema),
    /** A second vote of the same principal changes nothing, so this may be repeated: it is then answered as the first. */
    vote: (nonce: string, vote: VoteRequest, idempotencyKey: string = crypto.randomUUID()): Promise<VoteResult> =>
      this.#call({
        method: 'POST',
        path: `/v1/approvals/${segment(nonce)}/votes`,
        body: vote,
        headers: { 'idempotency-key': idempotencyKey },
        schema: voteResultSchema,
        repeatable: true,
      }),
    /** What an approval with this grant would cover; nothing is recorded. */
    previewGrant: (nonce: string, request: GrantPreviewRequest): Promise<GrantPreview> =>
      this.#post(`/v1/approvals/${segment(nonce)}/grant-previews`, request, grantPreviewSchema, true),
    /** Ends the request: the call is asked about anew with these arguments, where it still has to be. May be repeated as a vote. */
    edit: (nonce: string, edit: EditRequest, idempotencyKey: string = crypto.randomUUID()): Promise<VoteResult> =>
      this.#call({
        method: 'POST',
        path: `/v1/approvals/${segment(nonce)}/edits`,
        body: edit,
        headers: { 'idempotency-key': idempotencyKey },
        schema: voteResultSchema,
        repeatable: true,
      }),
    /** How fast people approved. @param from ms since the Unix epoch */
    pace: (from: number): Promise<ApprovalPaceView> => this.#get('/v1/approvals/pace', approvalPaceSchema, { from }),
    /** Takes back the caller's approval. A second time is a `duplicate` and changes nothing. */
    withdraw: (nonce: string, request: WithdrawRequest): Promise<VoteResult> =>
      this.#post(`/v1/approvals/${segment(nonce)}/withdrawals`, request, voteResultSchema, true),
    reconcile: (nonce: string, answer: ReconcileRequest): Promise<ReconcileResult> =>
      this.#post(`/v1/approvals/${segment(nonce)}/reconcile`, answer, reconciledSchema, true),
  };

  readonly grants = {
    /** Newest first. */
    list: async (
      filter: { state?: 'live' | 'all'; workflowId?: string; agent?: string; limit?: number } = {},
    ): Promise<GrantView[]> => (await this.#get('/v1/grants', grantListSchema, filter)).grants,
    get: (grantId: string): Promise<GrantView> => this.#get(`/v1/grants/${segment(grantId)}`, grantViewSchema),
    /** A second time changes nothing. */
    revoke: (grantId: string, reason?: string): Promise<GrantView> =>
      this.#post(
        `/v1/grants/${segment(grantId)}/revocations`,
        reason === undefined ? {} : { reason },
        grantViewSchema,
        true,
      ),
  };

  readonly reviews = {
    /** Newest first, with how many are open in all. */
    list: (filter: { state?: 'open' | 'all'; limit?: number } = {}): Promise<ReviewList> =>
      this.#get('/v1/reviews', reviewListSchema, filter),
    get: (nonce: string): Promise<ReviewView> => this.#get(`/v1/reviews/${segment(nonce)}`, reviewViewSchema),
    /** A second signature of one person is a `conflict`, so it is not repeated. */
    sign: (nonce: string, request: SignReviewRequest): Promise<ReviewView> =>
      this.#post(`/v1/reviews/${segment(nonce)}/signatures`, request, reviewViewSchema, false),
  };

  readonly keys = {
    /** What was refused to whom, newest first. */
    refusals: async (limit = 100): Promise<RefusalList['refusals']> =>
      (await this.#get('/v1/refusals', refusalListSchema, { limit })).refusals,
    list: async (): Promise<KeyView[]> => (await this.#get('/v1/keys', keyListSchema)).keys,
    mint: (request: MintKeyRequest): Promise<KeyMinted> => this.#post('/v1/keys', request, keyMintedSchema, false),
    /** @param withMade also every key that was made with it, and with those */
    revoke: async (keyId: string, withMade = false): Promise<void> => {
      const path = `/v1/keys/${segment(keyId)}${withMade ? '?withMade=true' : ''}`;
      await this.#call({ method: 'DELETE', path, schema: z.undefined(), repeatable: true });
    },
  };

  readonly notices = {
    /** What channels gave up, or are about to tell; latest first. */
    list: async (filter: { state?: NoticeView['state']; limit?: number } = {}): Promise<NoticeView[]> =>
      (await this.#get('/v1/notices', noticeListSchema, filter)).notices,
    /** All there are of one request. */
    of: async (nonce: string): Promise<NoticeView[]> =>
      (await this.#get(`/v1/notices/${segment(nonce)}`, noticeListSchema)).notices,
    /** Of one that was given up. A second time is a `conflict`, so it is not repeated. */
    resend: (nonce: string, channel: string): Promise<NoticeView> =>
      this.#post(`/v1/notices/${segment(nonce)}/${segment(channel)}/resend`, undefined, noticeSchema, false),
  };

  readonly inbox = {
    /** A link that opens the web inbox once, as the person whose key this is. */
    signInLink: (): Promise<SignInLink> => this.#post('/v1/inbox/sign-in-links', undefined, signInLinkSchema, false),
  };

  readonly slack = {
    identities: async (): Promise<SlackIdentity[]> =>
      (await this.#get('/v1/slack/identities', slackIdentityListSchema)).identities,
    remove: async ({ enterpriseId, teamId, userId }: SlackUserView): Promise<void> => {
      const path = `/v1/slack/identities/${segment(teamId)}/${segment(userId)}`;
      const query = { enterpriseId: enterpriseId ?? undefined };
      await this.#call({ method: 'DELETE', path, query, schema: z.undefined(), repeatable: true });
    },
  };

  readonly policies = {
    status: (): Promise<PolicyStatus> => this.#get('/v1/policies', policyStatusSchema),
    /** The same text has the same digest, so this may be repeated. */
    publish: (text: string): Promise<PolicyPublished> =>
      this.#post('/v1/policies', { text }, policyPublishedSchema, true),
    /** A second order of the same person changes nothing. */
    activate: (request: ActivatePolicyRequest): Promise<PolicyActivated> =>
      this.#post('/v1/policies/activations', request, policyActivatedSchema, true),
    /** What is in force stays. A second time there is nothing to withdraw. */
    withdraw: (request: WithdrawProposalRequest): Promise<ProposalWithdrawn> =>
      this.#post('/v1/policies/withdrawals', request, proposalWithdrawnSchema, false),
    rollBack: (request: RollBackPolicyRequest): Promise<PolicyActivated> =>
      this.#post('/v1/policies/rollbacks', request, policyActivatedSchema, false),
  };

  readonly redactions = {
    list: (workflowId: string): Promise<RedactionList> =>
      this.#get(`/v1/runs/${segment(workflowId)}/redactions`, redactionListSchema),
    /** Each call is one read in the record, so it is not repeated. */
    show: (workflowId: string, mark: string, reason: string): Promise<RedactionShown> => {
      const path = `/v1/runs/${segment(workflowId)}/redactions/${segment(mark)}/read`;
      return this.#post(path, { reason }, redactionShownSchema, false);
    },
  };

  readonly fleet = {
    freeze: (reason: string): Promise<FleetState> => this.#post('/v1/fleet/freeze', { reason }, fleetStateSchema, true),
    thaw: (reason: string): Promise<FleetState> => this.#post('/v1/fleet/thaw', { reason }, fleetStateSchema, true),
  };

  #get<T>(path: string, schema: z.ZodType<T>, query: Call<T>['query'] = {}): Promise<T> {
    return this.#call({ method: 'GET', path, query, schema, repeatable: true });
  }

  #post<T>(path: string, body: unknown, schema: z.ZodType<T>, repeatable: boolean): Promise<T> {
    return this.#call({ method: 'POST', path, body, schema, repeatable });
  }

  async #call<T>(call: Call<T>): Promise<T> {
    for (let retry = 0; ; retry += 1) {
      const answer = await this.#send(call);
      const waitMs = waitBefore(answer);
      const may = call.repeatable && retry < this.#options.retries;
      if (waitMs === undefined || !may || waitMs > this.#options.longestWaitMs) return await readAnswer(call, answer);
      await answer.body?.cancel();
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  async #send<T>({ method, path, query, body, headers }: Call<T>): Promise<Response> {
    const { base, apiKey, timeoutMs } = this.#options;
    const url = new URL(path, base);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    try {
      return await this.#options.fetch(url, {
        method,
        headers: {
          accept: 'application/json, application/problem+json',
          authorization: `Bearer ${apiKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // A redirect would carry the key elsewhere.
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (error) {
      throw new CountersignError(
        'server-unavailable',
        `Cannot ${method} "${path}" at "${base.origin}": ${reasonOf(error).slice(0, 200)}, expected an answer within ${timeoutMs} ms; check that the gateway runs`,
        { cause: error },
      );
    }
  }
}

/** `fetch failed` alone says nothing; its cause does. */
function reasonOf(error: unknown): string {
  const cause = error instanceof TypeError ? messageOf(error.cause ?? '') : '';
  return cause === '' ? messageOf(error) : cause;
}

function segment(id: string): string {
  return encodeURIComponent(id);
}
