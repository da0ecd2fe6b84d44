/**
 * Open reviews of break-glass: how many, who answered alone, why, by when others sign, and signing them. What was answered stands
 * there whole before it is signed; every word that a person wrote is text, with what hides in it made visible. Who may sign, and
 * whether it counts, the gateway decides.
 */
import { ask, element, messageOf, visible } from './page.js';

/**
 * @typedef {object} Review
 * @property {string} nonce
 * @property {string} tool
 * @property {string} environment
 * @property {string} risk
 * @property {string} text
 * @property {string} by
 * @property {string} role
 * @property {string} reason
 * @property {number} dueAt
 * @property {boolean} overdue
 * @property {number} needed
 * @property {{ principal: string, finding: string, channel: string }[]} signatures
 * @property {{ maySign: boolean, reason: string | null }} you
 */

/** What stands there, by nonce: a form that somebody writes in is not made anew. @type {Map<string, Item>} */
const items = new Map();

/** @typedef {{ node: HTMLLIElement, show: (review: Review) => void, isWritten: () => boolean, close: () => void }} Item */

export async function showReviews() {
  /** @type {{ reviews: Review[], open: number }} */
  const { reviews, open } = await ask('GET', '/v1/reviews?limit=50');
  element('reviews-title').textContent = `Break-glass to review: ${open}`;
  const list = element('reviews');
  for (const [nonce, { node, isWritten, close }] of items) {
    if (reviews.some((review) => review.nonce === nonce)) continue;
    if (isWritten()) {
      // Beyond the page that is asked for, it may be open still.
      if (reviews.length === open) close();
      continue;
    }
    node.remove();
    items.delete(nonce);
  }
  for (const review of reviews) {
    const item = items.get(review.nonce) ?? itemOf(review.nonce);
    items.set(review.nonce, item);
    item.show(review);
    // Moving a node takes the focus out of it.
    if (item.node.parentNode !== list) list.append(item.node);
  }
  element('reviews-section').hidden = items.size === 0;
}

/** @param {string} nonce @returns {Item} */
function itemOf(nonce) {
  const node = document.createElement('li');
  const lines = document.createElement('div');
  const card = document.createElement('details');
  const summary = document.createElement('summary');
  summary.textContent = 'The card that was answered';
  const text = document.createElement('pre');
  text.tabIndex = 0;
  text.setAttribute('aria-label', 'The card that was answered');
  card.append(summary, text);
  const form = formOf(nonce);
  node.append(lines, card, form.node);
  return {
    node,
    show(review) {
      node.className = review.overdue ? 'overdue' : '';
      lines.replaceChildren(...linesOf(review).map(lineOf));
      text.textContent = visibleLines(review.text);
      form.show(review);
    },
    isWritten: () => form.isWritten(),
    close: () => form.close(),
  };
}

/** @param {Review} review */
function linesOf({ tool, environment, risk, by, role, reason, dueAt, overdue, needed, signatures, you }) {
  const due = `${new Date(dueAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const signed = signatures
    .map(({ principal, finding, channel }) => `${principal} (${finding}, from ${channel})`)
    .join(', ');
  return [
    `${by} answered alone, as ${role}: ${tool} on ${environment} (risk ${risk})`,
    `Reason: ${reason}`,
    `${overdue ? 'OVERDUE since' : 'Due'} ${due}; ${signatures.length} of ${needed} have signed${signed === '' ? '' : `: ${signed}`}`,
    ...(you.maySign ? [] : [`Not yours to sign: ${you.reason ?? 'no reason given'}`]),
  ];
}

/** @param {string} text */
function lineOf(text) {
  const line = document.createElement('p');
  line.textContent = visible(text);
  return line;
}

/** The card's own line ends stay. @param {string} text */
function visibleLines(text) {
  return text.split('\n').map(visible).join('\n');
}

const findings = [
  ['justified', 'Justified: it could not wait, and nobody else answered'],
  ['not-justified', 'Not justified'],
];

/** A finding, a reason, and a button that names what it does. @param {string} nonce */
function formOf(nonce) {
  const node = document.createElement('form');
  const finding = document.createElement('select');
  finding.id = `finding-${nonce}`;
  // Nothing is chosen beforehand: a finding is somebody's own word.
  finding.append(optionOf('', 'Choose what you found'), ...findings.map(([value, text]) => optionOf(value, text)));
  const reason = document.createElement('textarea');
  reason.id = `finding-reason-${nonce}`;
  reason.rows = 2;
  reason.maxLength = 2000;
  const button = document.createElement('button');
  button.type = 'submit';
  const problem = document.createElement('p');
  problem.setAttribute('role', 'alert');
  const buttons = document.createElement('div');
  buttons.className = 'buttons';
  buttons.append(button);
  node.append(labelOf(finding, 'What you found'), finding, labelOf(reason, 'Why'), reason, buttons, problem);
  let busy = false;
  const update = () => {
    button.disabled = busy || finding.value === '' || reason.value.trim() === '';
  };
  finding.addEventListener('change', update);
  reason.addEventListener('input', update);
  node.addEventListener('submit', (event) => {
    event.preventDefault();
    if (button.disabled) return;
    busy = true;
    update();
    problem.textContent = '';
    const body = { finding: finding.value, reason: reason.value.trim() };
    ask('POST', `/v1/reviews/${encodeURIComponent(nonce)}/signatures`, body)
      .then(() => {
        reason.value = '';
        return showReviews();
      })
      .catch((error) => {
        problem.textContent = messageOf(error);
      })
      .finally(() => {
        busy = false;
        update();
      });
  });
  update();
  return {
    node,
    /** @param {Review} review */
    show({ tool, by, you }) {
      node.hidden = !you.maySign;
      button.textContent = visible(`Sign the review of ${tool} by ${by}`);
    },
    isWritten: () => reason.value.trim() !== '',
    /** It left the list while somebody wrote: their words are theirs to keep, and the gateway says what became of it. */
    close() {
      if (problem.textContent === '')
        problem.textContent = 'This review is no longer open: enough others have signed it.';
    },
  };
}

/** @param {string | undefined} value @param {string | undefined} text */
function optionOf(value = '', text = '') {
  const option = document.createElement('option');
  option.value = value;
  option.textContent = text;
  return option;
}

/** @param {HTMLElement} field @param {string} text */
function labelOf(field, text) {
  const label = document.createElement('label');
  label.htmlFor = field.id;
  label.textContent = text;
  return label;
}
