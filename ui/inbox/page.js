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

/** @param {string} text */
export function say(text) {
  element('notice').textContent = text;
}

export function showSignedOut() {
  element('inbox').hidden = true;
  element('sign-out').hidden = true;
  element('who').textContent = '';
  element('signed-out').hidden = false;
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
  if (answer.status === 401) showSignedOut();
  if (!answer.ok)
    throw new Error(typeof value.detail === 'string' ? value.detail : `the gateway answered ${answer.status}`);
  return value;
}

/** @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : 'something went wrong';
}
