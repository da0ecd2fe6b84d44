/**
 * Requests that somebody changed in the database: named, and not to be answered. Their names are what a changed row says, so they are
 * text with what hides in it made visible, and lead nowhere.
 */
import { element, visible } from './page.js';

/** @typedef {{ nonce: string, approvalId: string, problem: string }} Unreadable */

/** @param {Unreadable[]} requests */
export function showUnreadable(requests) {
  const items = requests.map(({ approvalId, problem }) => {
    const item = document.createElement('li');
    const detail = document.createElement('small');
    detail.textContent = `${visible(problem)}; nobody can answer it, and its call does not run. Tell whoever runs the gateway.`;
    item.append(`Unreadable: ${visible(approvalId)}`, detail);
    return item;
  });
  element('unreadable').replaceChildren(...items);
}
