/** Comments of markup: a reader of the page does not see them, a model does. One that asks for something is hidden on purpose. */
import { unitText } from '../text/code-units.ts';
import { findOrders, type Order } from './find-orders.ts';
import { orderVerbs } from './order-words.ts';

const longestComment = 4000;
/** What is said to people who edit the page does not speak of these. */
const toTheModel =
  /\b(?:ai|llm|assistants?|agents?|language models?|chatbot|gpt|claude|user|prompt|instructions?)\b[^\n]{0,80}\b(?:must|should|please|need|have to|will|do not|don't|ignore|instead|say|tell|respond|answer|send|recommend)\b|\b(?:tell|inform|convince) (?:the )?(?:user|reader|customer)s?\b/i;
/** Names a model as the one who is spoken to, as in a letter. */
const addressed =
  /^\s{0,20}(?:(?:note|message|instructions?|attention|important|dear|hey|hello|to|for)[\s:,]{1,3}){0,3}(?:(?:the|any|all|every)\s)?(?:(?:ai|llm|chat|language|coding|large language)[\s-]?)?(?:ai|llm|agent|assistant|model|(?:chat)?bot|chatgpt|gpt|claude|gemini|copilot)s?\s?[:,!]/i;
/** Where a clause begins: behind it stands what is asked for. */
const clause =
  /(?:[:,;.!]|\b(?:and|then|please|also|must|should|to|you))\s{1,3}(?:(?:also|always|first|just|now)\s)?([a-z]{2,20})\b/gi;

function isAddressed(comment: string): boolean {
  return (
    addressed.test(comment) &&
    Array.from(comment.matchAll(clause)).some(([, verb = '']) => orderVerbs.has(verb.toLowerCase()))
  );
}

export function findHiddenComments(text: string): Order[] {
  const found: Order[] = [];
  for (let start = text.indexOf('<!--'); start >= 0; ) {
    const close = text.indexOf('-->', start + 4);
    const end = Math.min(close < 0 ? text.length : close, start + longestComment);
    const comment = text.slice(start + 4, end);
    if (toTheModel.test(comment) || isAddressed(comment) || findOrders(unitText(comment)).length > 0)
      found.push({ start, end, score: 2 });
    start = close < 0 ? -1 : text.indexOf('<!--', close + 3);
  }
  return found;
}
