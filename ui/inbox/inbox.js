/**
 * The inbox page. It shows what the gateway laid out, as text only, and an outcome only once the gateway said it. It holds
 * no key: a cookie that no script reads stands for the person who opened the sign-in link.
 */
import { offerEditing, showEditing, startEditing } from './edit.js';
import { offerEnrolment } from './enrol.js';
import { followChanges } from './follow.js';
import { offerGranting, showGranting, startGranting } from './grant.js';
import { showReviews } from './reviews.js';
import { showSaid } from './said.js';
import { hasTimeLeft, showTimeLeft } from './time-left.js';
import { sendReconcile, sendVote } from './send-answer.js';
import { ask, element, messageOf, rowOf, say, showSignedOut } from './page.js';
import { signIn } from './sign-in.js';
import { showUnreadable } from './unreadable.js';

/** @typedef {{ kind: string, label: string, text: string }} Line */
/**
 * @typedef {object} Approval
 * @property {string} nonce
 * @property {'call' | 'reconcile'} kind
 * @property {string} tool
 * @property {{ risk: string, environment: string, labels: string[], argumentsCut: boolean, argumentsDigest: string, opaque?: unknown[], target?: import('./said.js').Words, dryRun?: import('./said.js').Words }} card
 * @property {Line[]} lines
 * @property {string} cardDigest
 * @property {number} deadlineAt
 * @property {number} timeLeftMs
 * @property {boolean} open
 * @property {string | null} outcome
 * @property {import('./grant.js').Grantable['approvers'] & { confirmation: string | null }} approvers
 * @property {import('./grant.js').Proposed[]} grants
 * @property {{ channel: string, problem: string | null }[]} [untold]
 * @property {{ mayAnswer: boolean, mayDeny: boolean, reason: string | null, answered?: string, answer?: { castAt: number, channel: string } }} you
 * @property {{ left: number, mayEdit: boolean, reason: string | null }} [editing]
 */

/** @type {Map<string, Approval>} */
const approvals = new Map();
/** What of each was opened whole, by nonce. @type {Set<string>} */
const openedWhole = new Set();
/** @type {string | undefined} */
let shown;
/** Whose card stands there; undefined while another one is fetched. What is answered is this. @type {Approval | undefined} */
let drawn;
let busy = false;
/** What became of the answer to the request that is shown; empty before. */
let told = '';

const reason = /** @type {HTMLTextAreaElement} */ (element('reason'));
const confirmation = /** @type {HTMLInputElement} */ (element('confirm'));
const approveButton = /** @type {HTMLButtonElement} */ (element('approve'));
const denyButton = /** @type {HTMLButtonElement} */ (element('deny'));

async function load() {
  /** @typedef {{ approvals: Approval[], unreadable?: import('./unreadable.js').Unreadable[], more?: true }} Listed */
  /** @type {Listed} */
  const { approvals: first, unreadable = [], more } = await ask('GET', '/v1/approvals?limit=200');
  const listed = [...first];
  if (more) {
    // What is one's own to answer must not be what was cut off.
    /** @type {Listed} */
    const own = await ask('GET', '/v1/approvals?limit=200&mayAnswer=true');
    const known = new Set(first.map((one) => one.nonce));
    listed.push(...own.approvals.filter((one) => !known.has(one.nonce)));
  }
  element('more').hidden = more !== true;
  const open = new Set(listed.map((one) => one.nonce));
  for (const nonce of approvals.keys()) if (!open.has(nonce) && nonce !== shown) approvals.delete(nonce);
  for (const one of listed) if (one.nonce !== shown) approvals.set(one.nonce, one);
  showUnreadable(unreadable);
  if (unreadable.some(({ nonce }) => nonce === shown)) hideCard();
  // One that cannot be read keeps nobody from the list.
  if (shown !== undefined) await refresh(shown).catch((error) => say(messageOf(error)));
  showList();
  await showReviews();
}

/** What cannot be read any more is no longer to be looked at either. */
function hideCard() {
  if (shown !== undefined) approvals.delete(shown);
  shown = undefined;
  showCard();
}

/** @param {string} nonce */
async function refresh(nonce) {
  /** @type {Approval} */
  const one = await ask('GET', `/v1/approvals/${encodeURIComponent(nonce)}`);
  approvals.set(nonce, one);
  if (shown === nonce) showCard();
}

/** What is critical first, whatever else waits; then by deadline, as the gateway lists them. */
function waiting() {
  const lane = (/** @type {Approval} */ { card }) => (card.risk === 'critical' ? 0 : 1);
  const open = [...approvals.values()].filter((one) => one.open);
  return open.toSorted((a, b) => lane(a) - lane(b) || a.deadlineAt - b.deadlineAt);
}

function showList() {
  const list = element('list');
  const items = waiting().map((one) => {
    const item = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = one.lines[0]?.text ?? one.tool;
    button.dataset['nonce'] = one.nonce;
    if (one.nonce === shown) button.setAttribute('aria-current', 'true');
    const detail = document.createElement('small');
    const yours = one.you.mayAnswer ? '' : '; not yours to answer';
    const who = `${one.you.answered ? '; answered by you' : yours}${one.untold ? '; not everybody was told' : ''}`;
    detail.textContent = `risk ${one.card.risk}, answer by ${new Date(one.deadlineAt).toISOString().slice(11, 19)} UTC${who}`;
    button.append(detail);
    button.addEventListener('click', () => void open(one.nonce, true));
    item.append(button);
    return item;
  });
  list.replaceChildren(...items);
  element('empty').hidden = items.length > 0;
  document.title = items.length > 0 ? `(${items.length}) Countersign inbox` : 'Countersign inbox';
}

/** @param {Approval} one */
function showUntold({ untold = [] }) {
  element('untold').hidden = untold.length === 0;
  const by = untold.map(({ channel, problem }) => `${channel} (${problem ?? 'gave up'})`).join(', ');
  element('untold').textContent = `Nobody could be told of this by ${by}. Tell who else must know.`;
}

/** @param {string} nonce @param {boolean} [focus] */
async function open(nonce, focus = false) {
  if (shown !== nonce) {
    shown = nonce;
    reason.value = '';
    confirmation.value = '';
    element('whole').hidden = true;
    element('state').textContent = '';
    told = '';
    // A button of the card that was there would answer what nobody has seen.
    drawn = undefined;
    element('card-section').hidden = true;
    updateButtons();
  }
  try {
    await refresh(nonce);
  } catch (error) {
    say(messageOf(error));
  }
  showList();
  if (focus) element('card-title').focus();
}

function showCard() {
  const one = shown === undefined ? undefined : approvals.get(shown);
  drawn = one;
  element('card-section').hidden = one === undefined;
  if (!one) return;
  const [headline, ...rest] = one.lines;
  element('card-title').textContent = headline?.text ?? one.tool;
  element('card').replaceChildren(...rest.map(rowOf));
  showTimeLeft(one, updateButtons);
  showUntold(one);
  showSaid(one);
  element('whole-section').hidden = !needsWhole(one);
  const mayDeny = one.kind === 'call' && one.you.mayDeny;
  const { answered } = one.you;
  element('answer').hidden = !one.open || answered !== undefined || !(one.you.mayAnswer || mayDeny);
  approveButton.hidden = !one.you.mayAnswer;
  // What the gateway said of an answer stays.
  if (told !== '') element('state').textContent = told;
  else if (!one.open) element('state').textContent = `This request is ${one.outcome ?? 'closed'}.`;
  else if (answered !== undefined) element('state').textContent = `You have answered it: ${answeredWords(one)}.`;
  else if (!one.you.mayAnswer)
    element('state').textContent =
      `You may ${mayDeny ? 'deny, and not approve' : 'not answer'}: ${one.you.reason ?? 'no reason given'}`;
  const [yes, no] =
    one.kind === 'call' ? [`Approve ${one.tool}`, `Deny ${one.tool}`] : ['It happened', 'It did not happen'];
  approveButton.textContent = yes ?? '';
  denyButton.textContent = no ?? '';
  element('reason-needed').textContent = reasonNeeded(one) ? '(required)' : '(optional)';
  const typed = toType(one);
  element('confirm-section').hidden = typed === null;
  element('confirm-label').textContent =
    `${one.card.risk === 'critical' ? 'Critical: type' : 'Type'} ${typed ?? ''} to approve`;
  showEditing(one);
  showGranting(one);
  updateButtons();
}

/** @param {Approval} one */
function needsWhole(one) {
  return one.card.argumentsCut || one.card.opaque !== undefined;
}

/** @param {Approval} one */
function answeredWords({ you: { answered = '', answer } }) {
  return answer
    ? `${answered} at ${new Date(answer.castAt).toISOString().slice(0, 19).replace('T', ' ')} UTC from ${answer.channel}`
    : answered;
}

/** What is typed to approve it: what its terms want, and for what is critical always. @param {Approval} one */
function toType(one) {
  if (one.kind !== 'call') return null;
  return one.approvers.confirmation ?? (one.card.risk === 'critical' ? one.tool : null);
}

/** @param {Approval} one */
function reasonNeeded(one) {
  return one.kind === 'reconcile' || one.approvers.reasonRequired;
}

/** Before anything is confirmed. @param {Approval} one */
function whyNotYet(one) {
  if (!hasTimeLeft()) return 'Its deadline has passed: silence has decided.';
  if (!one.you.mayAnswer) return 'You may deny it, and not approve it.';
  if (reasonNeeded(one) && reason.value.trim() === '') return 'A reason is required.';
  if (one.kind === 'call' && needsWhole(one) && !openedWhole.has(one.nonce))
    return 'Open the whole arguments before you approve.';
  return '';
}

/** @param {Approval} one */
function whyNotApprove(one) {
  const why = whyNotYet(one);
  if (why !== '') return why;
  const typed = toType(one);
  if (typed === null || confirmation.value === typed) return '';
  // Names are ASCII: whoever pasted one from elsewhere is told why it is not the same.
  const others = /[^\x20-\x7e]/u.test(confirmation.value)
    ? ` What stands there has other signs: ${shownBare(confirmation.value)}`
    : '';
  return `Type ${typed} to approve.${others}`;
}

function updateButtons() {
  const one = drawn;
  const why = one ? whyNotApprove(one) : '';
  approveButton.disabled = busy || !one || why !== '';
  denyButton.disabled = busy || !one || !hasTimeLeft() || (reasonNeeded(one) && reason.value.trim() === '');
  element('why-not').textContent = why;
}

async function showWhole() {
  const nonce = shown;
  if (nonce === undefined) return;
  try {
    /** @type {{ shown: string }} */
    const { shown: text } = await ask('GET', `/v1/approvals/${encodeURIComponent(nonce)}/arguments`);
    if (shown !== nonce) return;
    element('whole').textContent = text;
    element('whole').hidden = false;
    openedWhole.add(nonce);
    updateButtons();
    element('whole').focus();
  } catch (error) {
    say(messageOf(error));
  }
}

/** What is not ASCII as escapes: letters that look like others, too. @param {string} text */
function shownBare(text) {
  return text
    .slice(0, 200)
    .replaceAll(/[^\x20-\x7e]/gu, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`);
}

/** @param {boolean} yes */
async function answer(yes) {
  const one = drawn;
  if (!one || busy || (yes ? approveButton : denyButton).disabled) return;
  busy = true;
  updateButtons();
  element('state').textContent = 'Sending your answer…';
  const said = { reason: reason.value.trim(), confirmation: confirmation.value };
  const sending = one.kind === 'call' ? sendVote(one, yes ? 'approve' : 'deny', said) : sendReconcile(one, yes, said);
  const outcome = await sending.catch(messageOf);
  busy = false;
  tell(one.nonce, outcome);
  await load().catch((error) => say(messageOf(error)));
  updateButtons();
}

/** With the request that was answered, and with no other that was opened meanwhile. @param {string} nonce @param {string} outcome */
function tell(nonce, outcome) {
  if (shown !== nonce) return say(`${approvals.get(nonce)?.lines[0]?.text ?? 'Another request'}: ${outcome}`);
  told = outcome;
  element('state').textContent = outcome;
}

/** @param {number} by */
function move(by) {
  const nonces = waiting().map(({ nonce }) => nonce);
  if (nonces.length === 0) return;
  const at = shown === undefined ? -1 : nonces.indexOf(shown);
  const next = nonces[Math.min(nonces.length - 1, Math.max(0, at + by))];
  if (next !== undefined) void open(next, true);
}

/** @type {Readonly<Record<string, () => void>>} */
const keys = {
  j: () => move(1),
  k: () => move(-1),
  // They point at the button; Enter presses it. One key pressed by mistake approves nothing.
  a: () => approveButton.focus(),
  d: () => denyButton.focus(),
  w: () => void showWhole(),
  r: () => reason.focus(),
  e: () => void startEditing(),
  g: () => void startGranting(),
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const { target } = event;
  if ([HTMLTextAreaElement, HTMLInputElement, HTMLSelectElement].some((kind) => target instanceof kind)) {
    if (event.key === 'Escape') /** @type {HTMLElement} */ (target).blur();
    return;
  }
  const act = keys[event.key];
  if (!act || (shown === undefined && event.key !== 'j' && event.key !== 'k')) return;
  event.preventDefault();
  act();
});
reason.addEventListener('input', updateButtons);
confirmation.addEventListener('input', updateButtons);
approveButton.addEventListener('click', () => void answer(true));
denyButton.addEventListener('click', () => void answer(false));
element('show-whole').addEventListener('click', () => void showWhole());
const reasonText = () => reason.value.trim();
/** What became of an answer that another form sent. @param {string} nonce @param {string} outcome */
const taken = async (nonce, outcome) => {
  tell(nonce, outcome);
  await load().catch((error) => say(messageOf(error)));
};
offerEditing(reasonText, taken);
offerGranting({ why: whyNotYet, reason: reasonText, taken });
element('answer').addEventListener('submit', (event) => event.preventDefault());
element('sign-out').addEventListener('click', () => {
  void ask('DELETE', '/v1/inbox/session').then(showSignedOut, (error) => say(messageOf(error)));
});

if (await signIn()) {
  const code = new URLSearchParams(location.search).get('slack');
  if (code !== null) {
    history.replaceState(null, '', '/inbox');
    offerEnrolment(code);
  }
  followChanges(load);
  await load().catch((error) => say(messageOf(error)));
  const linked = /^\/inbox\/?$/.test(location.pathname) ? new URLSearchParams(location.search).get('approval') : null;
  const first = linked ?? waiting()[0]?.nonce;
  if (first !== undefined && first !== null) await open(first);
}
