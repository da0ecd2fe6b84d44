/**
 * All that a tool said of a call before anybody was asked, where the card cuts it: one button for each such text. The text is the
 * tool's; it is shown as text, with what hides in it made visible, and it answers nothing.
 */
import { ask, element, messageOf, say } from './page.js';

/** @typedef {{ text: string, length: number, body?: string }} Words */

const places = /** @type {const} */ ([
  ['target', 'target', 'Show the whole state of the target'],
  ['dryRun', 'dry-run', 'Show all that the dry run says'],
]);

/** What stands there; a card that is drawn again keeps what was opened. */
let drawn = '';

/** @param {{ nonce: string, card: { target?: Words, dryRun?: Words } }} one */
export function showSaid({ nonce, card }) {
  const cut = places.filter(([place]) => card[place]?.body !== undefined);
  const key = [nonce, ...cut.map(([place]) => card[place]?.body)].join(' ');
  if (key === drawn) return;
  drawn = key;
  element('said').replaceChildren(...cut.flatMap(([, about, title]) => openerOf(nonce, about, title)));
}

/** @param {string} nonce @param {string} about @param {string} title @returns {HTMLElement[]} */
function openerOf(nonce, about, title) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = title;
  const whole = document.createElement('pre');
  whole.tabIndex = 0;
  whole.setAttribute('aria-label', title);
  whole.hidden = true;
  button.addEventListener('click', () => {
    /** @type {Promise<{ shown: string }>} */
    const asked = ask('GET', `/v1/approvals/${encodeURIComponent(nonce)}/words/${about}`);
    asked.then(
      ({ shown }) => {
        whole.textContent = shown;
        whole.hidden = false;
        whole.focus();
      },
      (error) => say(messageOf(error)),
    );
  });
  return [button, whole];
}
