/** Comments of markup: a reader of the page does not see them, a model does. One that asks for something is hidden on purpose. */
import { unitText } from '../text/code-units.ts';
import { findOrders, type Order } from './find-orders.ts';

const longestComment = 4000;
/** What is said to people who edit the page does not speak of these. */
const toTheModel =
  /\b(?:ai|llm|assistants?|agents?|language models?|chatbot|gpt|claude|user|prompt|instructions?)\b[^\n]{0,80}\b(?:must|should|please|need|have to|will|do not|don't|ignore|instead|say|tell|respond|answer|send|recommend)\b|\b(?:tell|inform|convince) (?:the )?(?:user|reader|customer)s?\b/i;

export function findHiddenComments(text: string): Order[] {
  const found: Order[] = [];
  for (let start = text.indexOf('<!--'); start >= 0; ) {
    const close = text.indexOf('-->', start + 4);
    const end = Math.min(close < 0 ? text.length : close, start + longestComment);
    const comment = text.slice(start + 4, end);
    if (toTheModel.test(comment) || findOrders(unitText(comment)).length > 0) found.push({ start, end, score: 2 });
    start = close < 0 ? -1 : text.indexOf('<!--', close + 3);
  }
  return found;
}
