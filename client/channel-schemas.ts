/**
 * What the gateway's HTTP API takes and gives about channels, version 1: notices, the inbox's sign-in, and Slack users. Unknown
 * keys are refused in both directions. Times are ms since the Unix epoch.
 */
import { z } from 'zod';
import { nonceSchema, principalSchema, timestampSchema } from '../core/contracts/ids.ts';

export const noticeStateSchema = z
  .enum(['waiting', 'told', 'done', 'gave-up'])
  .describe('`waiting`: to be told. `told`. `done`: told how it ended. `gave-up`: nobody tries any more');
export const noticeSchema = z.strictObject({
  nonce: nonceSchema,
  channel: z.string(),
  about: z
    .literal('review')
    .optional()
    .describe('That the request was answered alone, and that others review it; absent: the request itself'),
  state: noticeStateSchema,
  attempts: z.int().min(0),
  nextAt: timestampSchema.describe('Not tried before'),
  place: z.string().nullable().describe('Where the channel keeps it, in its own words'),
  problem: z.string().nullable().describe('Of the last attempt that failed'),
  toldAt: timestampSchema.nullable(),
  remindedAt: timestampSchema.nullable(),
});
export type NoticeView = z.infer<typeof noticeSchema>;
export const noticeListSchema = z.strictObject({ notices: z.array(noticeSchema) });

export const slackIdSchema = z.string().regex(/^[A-Z0-9]{1,40}$/);
export const slackUserViewSchema = z.strictObject({
  enterpriseId: slackIdSchema.nullable(),
  teamId: slackIdSchema,
  userId: slackIdSchema,
});

export type SlackUserView = z.infer<typeof slackUserViewSchema>;
export const slackIdentitySchema = z.strictObject({
  ...slackUserViewSchema.shape,
  principal: principalSchema,
  keyId: z.string().describe('Of the API key that it was enrolled with'),
  stands: z.boolean().describe('False: that key was revoked or has ended, and no click counts'),
});
export type SlackIdentity = z.infer<typeof slackIdentitySchema>;
export const slackIdentityListSchema = z.strictObject({ identities: z.array(slackIdentitySchema) });

export const signInLinkSchema = z.strictObject({
  url: z.string().describe('Opens the inbox once, as whoever asked for it; shown once'),
  expiresAt: timestampSchema,
});
export type SignInLink = z.infer<typeof signInLinkSchema>;
export const openSessionRequestSchema = z.strictObject({
  token: z.string().regex(/^[a-z0-9]{12}_[A-Za-z0-9_-]{43}$/),
  instead: principalSchema.optional().describe('Who is signed in and is to be signed out by it; absent: nobody'),
});
/** Nothing was opened: somebody else is signed in. */
export const otherSessionSchema = z.strictObject({
  principal: principalSchema.describe('Whom the link would sign in'),
  signedInAs: principalSchema.describe('Send it as `instead` where that is wanted; the link was not used'),
});
export const sessionViewSchema = z.strictObject({ principal: principalSchema, expiresAt: timestampSchema });
