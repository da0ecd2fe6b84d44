/**
 * Makes the clicks of a Slack user the answers of whoever is signed in. The page never says which user the link is for: the
 * person types their own member id, and a link that somebody else sent then fits nobody.
 */
import { ask, element, messageOf, say } from './page.js';

/** @param {string} code of the link */
export function offerEnrolment(code) {
  element('enrol').hidden = false;
  element('enrol-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const member = /** @type {HTMLInputElement} */ (element('member')).value;
    void ask('POST', '/v1/slack/enrolments', { code, userId: member }).then(
      () => {
        element('enrol').hidden = true;
        say('Done: your clicks in Slack count as your answers.');
      },
      (error) => say(messageOf(error)),
    );
  });
}
