/**
 * Open reviews of break-glass: how many, who answered alone, why, and by when others sign. It shows and signs nothing; every word
 * that a person wrote stands there as text, with what hides in it made visible.
 */
import { ask, element, hiddenSigns } from './page.js';

/**
 * @typedef {object} Review
 * @property {string} nonce
 * @property {string} tool
 * @property {string} environment
 * @property {string} risk
 * @property {string} by
 * @property {string} role
 * @property {string} reason
 * @property {number} dueAt
 * @property {boolean} overdue
 * @property {number} needed
 * @property {{ principal: string, finding: string }[]} signatures
 * @property {{ maySign: boolean }} you
 */

export async function showReviews() {
  /** @type {{ reviews: Review[], open: number }} */
  const { reviews, open } = await ask('GET', '/v1/reviews?limit=50');
  element('reviews-section').hidden = open === 0;
  element('reviews-title').textContent = `Break-glass to review: ${open}`;
  element('reviews').replaceChildren(...reviews.map(itemOf));
}

/** @param {Review} review */
function itemOf({ nonce, tool, environment, risk, by, role, reason, dueAt, overdue, needed, signatures, you }) {
  const item = document.createElement('li');
  const due = `${new Date(dueAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const signed = signatures.map(({ principal, finding }) => `${principal} (${finding})`).join(', ');
  const lines = [
    `${by} answered alone, as ${role}: ${tool} on ${environment} (risk ${risk})`,
    `Reason: ${reason}`,
    `${overdue ? 'OVERDUE since' : 'Due'} ${due}; ${signatures.length} of ${needed} have signed${signed === '' ? '' : `: ${signed}`}`,
    you.maySign ? `Sign it: countersign reviews sign ${nonce.slice(0, 8)}` : 'Not yours to sign',
  ];
  item.append(
    ...lines.map((text) => {
      const line = document.createElement('p');
      line.textContent = visible(text);
      return line;
    }),
  );
  if (overdue) item.className = 'overdue';
  return item;
}

/** @param {string} text */
function visible(text) {
  return text.replaceAll(hiddenSigns, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`);
}
