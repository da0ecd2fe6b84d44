/**
 * Signs in by the link in the address, and says who is signed in. Where somebody else is already, nothing is opened before the
 * person says so: any page can lead a browser to this one with a link of its own, and what is answered then is another's word.
 */
import { ask, element, messageOf, say, showSignedOut } from './page.js';

/** @typedef {{ principal: string }} Session */
/** @typedef {{ principal: string, signedInAs?: string }} Opened */

const path = '/v1/inbox/session';

/** False where nobody is signed in then. */
export async function signIn() {
  const token = new URLSearchParams(location.hash.slice(1)).get('sign-in');
  // Out of the address and its history before anything else can read it.
  if (token !== null) history.replaceState(null, '', `${location.pathname}${location.search}`);
  const problem = token === null ? '' : await openSession(token).catch(messageOf);
  try {
    /** @type {Session} */
    const session = await ask('GET', path);
    element('who').textContent = `signed in as ${session.principal}`;
    element('sign-out').hidden = false;
    element('signed-out').hidden = true;
    element('inbox').hidden = false;
    // Of a link that opened nothing: whoever was signed in before still is, and is told.
    say(problem);
    return true;
  } catch {
    showSignedOut();
    say(problem);
    return false;
  }
}

/** @param {string} token @returns {Promise<string>} why nothing was opened; empty: it was */
async function openSession(token) {
  /** @type {Opened} */
  let opened = await ask('POST', path, { token });
  // Again where yet another one signed in while it was asked.
  while (opened.signedInAs !== undefined) {
    const { signedInAs, principal } = opened;
    if (!(await wantsInstead(signedInAs, principal)))
      return `You are still signed in as ${signedInAs}; the link was not used.`;
    opened = await ask('POST', path, { token, instead: signedInAs });
  }
  return '';
}

/** @param {string} signedInAs @param {string} other @returns {Promise<boolean>} */
async function wantsInstead(signedInAs, other) {
  element('instead-title').textContent = `You are signed in as ${signedInAs}; sign in as ${other} instead?`;
  element('stay').textContent = `Stay ${signedInAs}`;
  element('instead').textContent = `Sign in as ${other}`;
  element('instead-section').hidden = false;
  element('instead-title').focus();
  /** @type {boolean} */
  const answered = await new Promise((resolve) => {
    element('stay').onclick = () => resolve(false);
    element('instead').onclick = () => resolve(true);
  });
  element('instead-section').hidden = true;
  return answered;
}
