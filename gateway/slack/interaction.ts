/**
 * What Slack sends of a click and of a form, in the parts that are read. Everything else in it is ignored; what has another shape is
 * nothing of ours. Slack's signature was checked before; what a form holds was typed by whoever sent it, or bent on its way.
 */
import { z } from 'zod';
import { grantRequestSchema } from '../../client/grant-schemas.ts';
import { voteVerdictSchema } from '../../core/contracts/approval.ts';
import { digestSchema, nonceSchema } from '../../core/contracts/ids.ts';
import { jsonOrUndefined } from '../../core/json-or-undefined.ts';
import { answerCallback, grantCallback, inputAction } from './messages.ts';

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
const option = z.looseObject({ value: z.string().max(200) });
const fieldSchema = z.record(
  z.string(),
  z.looseObject({
    value: z.string().nullish(),
    selected_option: option.nullish(),
    selected_options: z.array(option).max(20).nullish(),
  }),
);
const sentSchema = z.looseObject({
  type: z.literal('view_submission'),
  ...common,
  view: z.looseObject({
    callback_id: z.enum([answerCallback, grantCallback]),
    private_metadata: z.string().max(3000),
    state: z.looseObject({ values: z.record(z.string(), fieldSchema) }),
  }),
});
const interactionSchema = z.discriminatedUnion('type', [clickSchema, sentSchema]);
export type Interaction = z.infer<typeof interactionSchema>;
export type Click = z.infer<typeof clickSchema>;
export type Sent = z.infer<typeof sentSchema>;

/** An approval is taken back where it was given by a key or the inbox; no form of ours says so. */
export const verdictSchema = voteVerdictSchema.extract(['approve', 'deny', 'edit']);
/** With the form in which a request is answered. */
const answerMetadataSchema = z.strictObject({
  nonce: nonceSchema,
  cardDigest: digestSchema,
  verdict: verdictSchema,
  grant: grantRequestSchema.optional(),
});
export type AnswerMetadata = z.infer<typeof answerMetadataSchema>;
/** With the form that says what a grant would cover. */
const grantMetadataSchema = z.strictObject({ nonce: nonceSchema, cardDigest: digestSchema });

/** Undefined: nothing that is ours to act on, such as a click on a link. */
export function readInteraction(payload: string): Interaction | undefined {
  return interactionSchema.safeParse(jsonOrUndefined(payload)).data;
}

/** Whether somebody sent a form, whosever it is. */
export function isForm(payload: string): boolean {
  return formSchema.safeParse(jsonOrUndefined(payload)).success;
}

const formSchema = z.looseObject({ type: z.literal('view_submission') });

export function answerMetadataOf({ view }: Sent): AnswerMetadata | undefined {
  return answerMetadataSchema.safeParse(jsonOrUndefined(view.private_metadata)).data;
}

export function grantMetadataOf({ view }: Sent): z.infer<typeof grantMetadataSchema> | undefined {
  return grantMetadataSchema.safeParse(jsonOrUndefined(view.private_metadata)).data;
}

/** What was typed; empty: nothing. */
export function typedIn(sent: Sent, block: string): string {
  return fieldOf(sent, block)?.value?.trim() ?? '';
}

/** Undefined: no such field, or nothing chosen. */
export function chosenIn(sent: Sent, block: string): string | undefined {
  return fieldOf(sent, block)?.selected_option?.value;
}

/** Undefined: no such field. */
export function tickedIn(sent: Sent, block: string): string[] | undefined {
  return fieldOf(sent, block)?.selected_options?.map(({ value }) => value);
}

function fieldOf({ view }: Sent, block: string) {
  return view.state.values[block]?.[inputAction];
}
