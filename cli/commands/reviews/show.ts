/** `countersign reviews show`: one review, with the card that was answered. */
import { z } from 'zod';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';
import { findReview } from '../../find-review.ts';
import { reviewLines } from '../../show/review-lines.ts';

export const reviewsShow = defineCommand({
  usage: 'reviews show <review>',
  summary: 'Show a review of a break-glass: the card, the reason given, and who has signed',
  examples: ['reviews show 5e8f1c2a'],
  usesGateway: true,
  options: z.object({}),
  async run({ terminal, json, config, clock }, [given = '']) {
    const gateway = await connectGateway(config());
    const review = await terminal.progress('looking for the review', findReview(gateway, given));
    if (json) terminal.json(review);
    else for (const line of [review.text, ...reviewLines(review, clock.now())]) terminal.result(line);
    return 0;
  },
});
