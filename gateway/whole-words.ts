/**
 * All that a tool said of a call before anybody was asked, where its card shows head and tail. The text has the digest that the
 * signed card names, or it is not shown; it is the tool's, redacted by the tools worker, and never a fact.
 */
import type { ApprovalWords, WordsAbout } from '../client/gateway-schemas.ts';
import { digestText } from '../core/digest.ts';
import { CountersignError } from '../core/errors.ts';
import { makeVisible } from '../core/make-visible.ts';
import { findAsk } from './answerable.ts';
import type { GatewayContext } from './options.ts';

/** @throws {CountersignError} `not-found`, `signature-invalid` */
export async function showWords(gateway: GatewayContext, nonce: string, about: WordsAbout): Promise<ApprovalWords> {
  const { card } = (await findAsk(gateway, nonce)).ask;
  const words = about === 'target' ? card.target : card.dryRun;
  if (!words) throw cannot(nonce, about, 'its tool said nothing', 'a tool that did; read its card');
  if (words.body === undefined) return { nonce, about, text: words.text, shown: shownOf(words.text) };
  const text = await gateway.store.getBody(words.body);
  if (text !== null && digestText('body', text) === words.body) return { nonce, about, text, shown: shownOf(text) };
  throw cannot(nonce, about, 'it was cut and the whole is not in the store', 'it there; deny the request');
}

/** Its line ends stay: what reads it shows it apart from everything else. */
function shownOf(text: string): string {
  return text
    .split('\n')
    .map((line) => makeVisible(line))
    .join('\n');
}

function cannot(nonce: string, about: WordsAbout, is: string, expected: string): CountersignError {
  return new CountersignError(
    'not-found',
    `Cannot show all that was said of the ${about} of approval request "${nonce}": ${is}, expected ${expected}`,
  );
}
