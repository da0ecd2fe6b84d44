/** What all parts of the inbox page use: its elements, its line of news, and requests to its own gateway. */

/** @template {HTMLElement} [T=HTMLElement] @param {string} id @returns {T} */
export function element(id) {
  return /** @type {T} */ (document.getElementById(id));
}

/** What hides or reorders text. */
export const hiddenSigns =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}|\p{Default_Ignorable_Code_Point}/gu;

/** What hides or reorders, as escapes: the same signs as on the card. @param {string} text */
export function visible(text) {
  return text.replaceAll(hiddenSigns, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`);
}

/** One line of a card. @param {{ kind: string, label: string, text: string }} line */
export function rowOf({ kind, label, text }) {
  const row = document.createElement('div');
  row.className = kind;
  const term = document.createElement('dt');
  term.textContent = label === '' ? 'note' : label;
  const value = document.createElement('dd');
  value.textContent = text;
  row.append(term, value);
  return row;
}

const session = '/v1/inbox/session';

/** @param {string} text */
export function say(text) {
  element('notice').textContent = text;
}

export function showSignedOut() {
  element('inbox').hidden = true;
  element('sign-out').hidden = true;
  element('who').textContent = '';
  element('signed-out').hidden = false;
  document.title = 'Countersign inbox';
}

/**
 * @template T
 * @param {string} method @param {string} path @param {unknown} [body] @param {Record<string, string>} [headers]
 * @returns {Promise<T>}
 */
export async function ask(method, path, body, headers = {}) {
  /** @type {RequestInit} */
  const request =
    body === undefined
      ? { headers: { accept: 'application/json', ...headers } }
      : {
          headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
        };
  const answer = await fetch(path, { ...request, method, credentials: 'same-origin' });
  const text = await answer.text();
  const value = /** @type {T & { detail?: unknown }} */ (text === '' ? {} : JSON.parse(text));
  // A sign-in link that was used says so itself; the session of whoever opened it may stand.
  if (answer.status === 401 && path !== session && !(await isSignedIn())) {
    showSignedOut();
    throw new Error('You are not signed in any more: run "countersign inbox" and open the link that it prints.');
  }
  if (!answer.ok)
    throw new Error(typeof value.detail === 'string' ? value.detail : `the gateway answered ${answer.status}`);
  return value;
}

/** A refusal may be about what was sent. */
async function isSignedIn() {
  const { status } = await fetch(session, { headers: { accept: 'application/json' }, credentials: 'same-origin' });
  return status !== 401;
}

/** @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : 'something went wrong';
}
