/**
 * Editing a call's arguments in the inbox: a form that starts from what is asked, sent as an answer of its own. What somebody
 * typed stays until it was taken, whatever is refused meanwhile; nothing is approved here.
 */
import { ask, element, hiddenSigns, messageOf } from './page.js';

/**
 * @typedef {object} Editable
 * @property {string} nonce
 * @property {string} tool
 * @property {string} cardDigest
 * @property {boolean} open
 * @property {{ reasonRequired: boolean }} approvers
 * @property {{ left: number, mayEdit: boolean, reason: string | null, warning?: string }} [editing]
 */

const form = /** @type {HTMLFormElement} */ (element('edit-form'));
const edited = /** @type {HTMLTextAreaElement} */ (element('edited'));
const openButton = /** @type {HTMLButtonElement} */ (element('edit'));
const sendButton = /** @type {HTMLButtonElement} */ (element('send-edit'));
const problem = element('edit-problem');

/** What was typed and not taken yet, by nonce. @type {Map<string, string>} */
const drafts = new Map();
/** @type {Editable | undefined} */
let shown;

/** @param {() => string} reason what stands in the reason field @param {(nonce: string, told: string) => Promise<void>} taken */
export function offerEditing(reason, taken) {
  openButton.addEventListener('click', () => void startEditing());
  edited.addEventListener('input', () => {
    if (shown) drafts.set(shown.nonce, edited.value);
  });
  element('cancel-edit').addEventListener('click', () => {
    form.hidden = true;
    openButton.focus();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void send(reason(), taken);
  });
}

/** Called whenever the card is shown again: what is being typed is left alone. @param {Editable} one */
export function showEditing(one) {
  if (shown?.nonce !== one.nonce) form.hidden = true;
  shown = one;
  const may = one.open && one.editing?.mayEdit === true;
  openButton.hidden = !may;
  openButton.textContent = `Edit the arguments of ${one.tool}`;
  if (!may) form.hidden = true;
  const warning = one.editing?.warning;
  element('edit-warning').hidden = warning === undefined;
  element('edit-warning').textContent = warning === undefined ? '' : `Before you send it: ${warning}.`;
}

export async function startEditing() {
  const one = shown;
  if (!one || openButton.hidden) return;
  problem.textContent = '';
  try {
    if (!drafts.has(one.nonce)) {
      /** @type {{ arguments: string }} */
      const { arguments: text } = await ask('GET', `/v1/approvals/${encodeURIComponent(one.nonce)}/arguments`);
      drafts.set(one.nonce, forEditing(text));
    }
    if (shown?.nonce !== one.nonce) return;
    edited.value = drafts.get(one.nonce) ?? '';
    form.hidden = false;
    edited.focus();
  } catch (error) {
    openButton.focus();
    element('state').textContent = messageOf(error);
  }
}

/** On several lines, and what hides or reorders as JSON's own escapes: it stays what it was. @param {string} text */
function forEditing(text) {
  return JSON.stringify(JSON.parse(text), null, 2).replaceAll(hiddenSigns, (sign) =>
    sign === '\n'
      ? sign
      : [...Array(sign.length).keys()].map((at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}

/** @param {string} why @param {(nonce: string, told: string) => Promise<void>} taken */
async function send(why, taken) {
  const one = shown;
  if (!one || sendButton.disabled) return;
  problem.textContent = '';
  if (one.approvers.reasonRequired && why === '') {
    problem.textContent = 'A reason is required; it stands above.';
    return;
  }
  sendButton.disabled = true;
  try {
    const headers = { 'if-match': `"${one.cardDigest}"`, 'idempotency-key': crypto.randomUUID() };
    const body = { arguments: parsed(edited.value), ...(why === '' ? {} : { reason: why }) };
    /** @type {{ status: string, reason?: string | null }} */
    const { status, reason } = await ask('POST', `/v1/approvals/${one.nonce}/edits`, body, headers);
    const told = toldOf(status, reason);
    if (status === 'applied' || status === 'recorded') {
      drafts.delete(one.nonce);
      form.hidden = true;
      element('card-title').focus();
    } else problem.textContent = told;
    await taken(one.nonce, told);
  } catch (error) {
    problem.textContent = messageOf(error);
    edited.focus();
  } finally {
    sendButton.disabled = false;
  }
}

/** @param {string} text */
function parsed(text) {
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`This is no JSON: ${messageOf(error)}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new Error('These are no arguments: write an object, from { to }.');
}

/** @param {string} status @param {string | null} [reason] */
function toldOf(status, reason) {
  switch (status) {
    case 'applied':
    case 'recorded':
      return 'Your edit is recorded. Where the call still needs an approval, it is asked about anew; somebody else approves it.';
    case 'duplicate':
      return `Not taken: ${reason ?? 'you had answered it before'}.`;
    case 'late':
      return 'Too late: the request was no longer open.';
    default:
      return `Not taken: ${reason ?? 'no reason given'}`;
  }
}
