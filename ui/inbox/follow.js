/**
 * Keeps the page as it is at the gateway: changes come as they happen, and a stream that ended for good is opened anew. A browser
 * gives a stream up at the first answer that is none, from a proxy whose gateway restarts say: a page that stayed like that would
 * show nothing that is asked from then on. While there is no stream the page looks by itself. It ends when nobody is signed in.
 */
import { element, messageOf, say } from './page.js';

const kinds = ['requested', 'voted', 'closed'];
const firstPauseMs = 2000;
const longestPauseMs = 30_000;
const lost = 'The connection was lost; trying again.';

/** @param {() => Promise<void>} load what is shown, anew */
export function followChanges(load) {
  let pauseMs = firstPauseMs;
  let wasLost = false;
  const changed = oneAtATime(() =>
    load().catch((error) => {
      // That the gateway is away has been said; that nobody is signed in any more has not.
      if (!wasLost || element('inbox').hidden) say(messageOf(error));
    }),
  );
  const open = () => {
    if (element('inbox').hidden) return;
    const events = new EventSource('/v1/approvals/events');
    for (const kind of kinds) events.addEventListener(`approval-${kind}`, () => void changed());
    events.addEventListener('open', () => {
      pauseMs = firstPauseMs;
      if (!wasLost) return;
      wasLost = false;
      say('');
      // A new stream begins now: what happened before it is looked up.
      void changed();
    });
    events.addEventListener('error', () => {
      if (element('inbox').hidden) return events.close();
      wasLost = true;
      say(lost);
      // Otherwise the browser goes on from the last id by itself.
      if (events.readyState !== EventSource.CLOSED) return;
      setTimeout(() => void changed().then(open), pauseMs);
      pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    });
  };
  open();
}

/** What changes while a look is under way is looked up after it. @param {() => Promise<void>} load that never fails */
function oneAtATime(load) {
  let isLoading = false;
  let isAsked = false;
  return async () => {
    isAsked = true;
    if (isLoading) return;
    isLoading = true;
    while (isAsked) {
      isAsked = false;
      await load();
    }
    isLoading = false;
  };
}
