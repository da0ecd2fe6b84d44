/** `countersign reviews sign`: says what you found of a break-glass. A signature cannot be taken back. */
import { z } from 'zod';
import { reviewFindingSchema } from '../../../core/contracts/control.ts';
import { CountersignError } from '../../../core/errors.ts';
import { confirm } from '../../confirm.ts';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';
import { findReview } from '../../find-review.ts';
import { reviewLines } from '../../show/review-lines.ts';
import { visible } from '../../terminal.ts';

export const reviewsSign = defineCommand({
  usage: 'reviews sign <review>',
  summary: 'Sign the review of a break-glass: whether it was justified, and why you think so',
  examples: [
    'reviews sign 5e8f1c2a --finding justified --reason "two pages unanswered, the outage is on record"',
    'reviews sign 5e8f1c2a --finding not-justified --reason "carol was at her desk" --yes',
  ],
  usesGateway: true,
  define: (command) =>
    command
      .requiredOption('--finding <finding>', 'justified, or not-justified; either closes a review once two have signed')
      .requiredOption('--reason <text>', 'kept in the record')
      .option('--yes', 'do not ask; needed where nobody can answer'),
  options: z.object({
    finding: reviewFindingSchema,
    reason: z.string().trim().min(1).max(2000),
    yes: z.boolean().default(false),
  }),
  async run(context, [given = ''], { finding, reason, yes }) {
    const { terminal, json, config, clock } = context;
    const { refuseUnsafeText } = await import('../../scan-text.ts');
    await refuseUnsafeText('send the reason of "reviews sign"', reason);
    const gateway = await connectGateway(config());
    const review = await terminal.progress('looking for the review', findReview(gateway, given));
    for (const line of [review.text, ...reviewLines(review, clock.now())]) terminal.talk(line);
    if (!review.you.maySign) {
      throw new CountersignError(
        'forbidden',
        `Cannot sign review "${review.nonce}": ${review.you.reason ?? 'you may not'}, expected somebody who may and has not; ask one of them`,
      );
    }
    const what = finding === 'justified' ? 'was justified' : 'was NOT justified';
    await confirm(context, {
      question: `Sign that the break-glass of ${visible(review.by)} ${what}`,
      risk: 'low',
      yes,
    });
    const signed = await terminal.progress(
      'signing',
      gateway.reviews.sign(review.nonce, { finding, reason, channel: 'terminal' }),
    );
    if (json) terminal.json(signed);
    else {
      const { state, signatures, needed } = signed;
      const rest = state === 'signed' ? 'the review is closed' : `${signatures.length} of ${needed} have signed`;
      terminal.result(`review ${signed.nonce}: signed as ${finding}; ${rest}`);
    }
    return 0;
  },
});
