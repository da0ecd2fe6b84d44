/**
 * Approving calls like the one that is shown: a form that says what may differ, then what the gateway says that this would cover,
 * and only then the answer. What is sent names what was shown; whatever is changed meanwhile has to be shown again.
 */
import { fillFields, readFields, showChosen } from './grant-fields.js';
import { ask, element, messageOf, rowOf } from './page.js';

/** @typedef {{ label: string, text: string }} Line */
/** @typedef {{ grantId: string, grantDigest: string, proposedBy: string }} Proposed */
/**
 * @typedef {object} Grantable
 * @property {string} nonce
 * @property {string} tool
 * @property {{ risk: string, labels: string[] }} card
 * @property {string} cardDigest
 * @property {boolean} open
 * @property {{ reasonRequired: boolean, grants: { ttlMs: number, uses: number, risk: string, scope: string } | null }} approvers
 * @property {Proposed[]} grants
 * @property {{ mayAnswer: boolean }} you
 */
/** @typedef {{ coverageDigest: string, lines: Line[], risk: string, confirmation: string | null }} Preview */
/** @typedef {{ why: (one: never) => string, reason: () => string, taken: (nonce: string, told: string) => Promise<void> }} Page */

const form = /** @type {HTMLFormElement} */ (element('grant-form'));
const openButton = /** @type {HTMLButtonElement} */ (element('grant'));
const sendButton = /** @type {HTMLButtonElement} */ (element('send-grant'));
const confirmation = /** @type {HTMLInputElement} */ (element('grant-confirm'));
const problem = element('grant-problem');

/** @type {Grantable | undefined} */
let shown;
/** What the gateway said of what stands in the form, and what it was asked. @type {{ request: object, preview: Preview } | undefined} */
let covered;

/** @param {Page} page */
export function offerGranting(page) {
  openButton.addEventListener('click', () => void startGranting());
  element('cancel-grant').addEventListener('click', () => {
    form.hidden = true;
    openButton.focus();
  });
  element('grant-fields').addEventListener('input', () => {
    showChosen();
    forget();
  });
  confirmation.addEventListener('input', update);
  element('preview-grant').addEventListener('click', () => void preview(page));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void send(page);
  });
}

/** Called whenever the card is shown again: what is being said is left alone. @param {Grantable} one */
export function showGranting(one) {
  if (shown?.nonce !== one.nonce) form.hidden = true;
  shown = one;
  const may = one.open && one.you.mayAnswer && one.approvers.grants !== null;
  openButton.hidden = !may;
  openButton.textContent = `Approve ${one.tool} and calls like it`;
  if (!may) form.hidden = true;
}

export async function startGranting() {
  const one = shown;
  const cap = one?.approvers.grants;
  if (!one || !cap || openButton.hidden) return;
  try {
    /** @type {{ arguments: string }} */
    const { arguments: text } = await ask('GET', `/v1/approvals/${encodeURIComponent(one.nonce)}/arguments`);
    if (shown?.nonce !== one.nonce) return;
    const args = /** @type {Record<string, unknown>} */ (JSON.parse(text));
    fillFields(one, cap, args);
    forget();
    form.hidden = false;
    element('grant-title').focus();
  } catch (error) {
    element('state').textContent = messageOf(error);
  }
}

/** Nothing is shown any more of what would be covered. */
function forget() {
  covered = undefined;
  problem.textContent = '';
  confirmation.value = '';
  element('grant-covers-section').hidden = true;
  update();
}

/** @param {Page} page */
async function preview(page) {
  const one = shown;
  if (!one) return;
  forget();
  try {
    const why = page.why(/** @type {never} */ (one));
    if (why !== '') throw new Error(why);
    const request = readFields();
    const headers = { 'if-match': `"${one.cardDigest}"` };
    /** @type {Preview} */
    const found = await ask('POST', `/v1/approvals/${one.nonce}/grant-previews`, { grant: request }, headers);
    if (shown?.nonce !== one.nonce) return;
    covered = { request: 'sign' in request ? request : { ...request, shown: found.coverageDigest }, preview: found };
    element('grant-covers').replaceChildren(...found.lines.map((line) => rowOf({ kind: 'fact', ...line })));
    const typed = toType(one, found);
    element('grant-confirm-section').hidden = typed === null;
    element('grant-confirm-label').textContent = `Type ${typed ?? ''} to approve all of it`;
    element('grant-covers-section').hidden = false;
    update();
    element('grant-covers-title').focus();
  } catch (error) {
    problem.textContent = messageOf(error);
  }
}

/** @param {Grantable} one @param {Preview} preview */
function toType(one, preview) {
  return preview.confirmation ?? (preview.risk === 'critical' || one.card.risk === 'critical' ? one.tool : null);
}

function update() {
  const typed = shown && covered ? toType(shown, covered.preview) : null;
  sendButton.disabled = !covered || (typed !== null && confirmation.value !== typed);
}

/** @param {Page} page */
async function send(page) {
  const one = shown;
  const what = covered;
  if (!one || !what || sendButton.disabled) return;
  problem.textContent = '';
  sendButton.disabled = true;
  try {
    const reason = page.reason();
    const body = {
      verdict: 'approve',
      grant: what.request,
      ...(reason === '' ? {} : { reason }),
      ...(what.preview.confirmation === null ? {} : { confirmation: confirmation.value }),
    };
    const headers = { 'if-match': `"${one.cardDigest}"`, 'idempotency-key': crypto.randomUUID() };
    /** @type {{ status: string, outcome?: string | null, reason?: string | null, grantId?: string }} */
    const answer = await ask('POST', `/v1/approvals/${one.nonce}/votes`, body, headers);
    const isTaken = answer.status === 'applied' || answer.status === 'recorded';
    if (isTaken) {
      form.hidden = true;
      element('card-title').focus();
    }
    await page.taken(one.nonce, toldOf(answer));
  } catch (error) {
    problem.textContent = messageOf(error);
    update();
  }
}

/** @param {{ status: string, outcome?: string | null, reason?: string | null, grantId?: string }} answer */
function toldOf({ status, outcome = null, reason, grantId = '' }) {
  switch (status) {
    case 'applied':
      return `Counted; ${outcome === null ? 'the request is still open' : `the request is ${outcome}`}. Grant ${grantId} is approved by you.`;
    case 'recorded':
      return `Recorded; the run has not answered yet. Grant ${grantId} is approved by you.`;
    case 'duplicate':
      return `Not counted: ${reason ?? 'you had answered it before'}. No grant comes of this one.`;
    case 'late':
      return 'Too late: the request was no longer open.';
    default:
      return `Not counted: ${reason ?? 'no reason given'}`;
  }
}
