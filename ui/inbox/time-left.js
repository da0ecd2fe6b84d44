/**
 * How long the request that is shown still waits, to the second and as the gateway counts it: what it said was left, less what has
 * passed here since. At the end nothing can be answered any more; what silence came to, the gateway says.
 */
import { element } from './page.js';

const second = 1000;

/** Ms of this machine's clock; a request that is not open has none. */
let endsAt = 0;
/** @type {ReturnType<typeof setInterval> | undefined} */
let ticking;

/** @param {{ kind: string, open: boolean, timeLeftMs: number }} one @param {() => void} atTheEnd */
export function showTimeLeft({ kind, open, timeLeftMs }, atTheEnd) {
  clearInterval(ticking);
  endsAt = open ? Date.now() + timeLeftMs : 0;
  const left = element('left');
  left.hidden = !open;
  if (!open) return;
  const then = kind === 'call' ? 'silence denies' : 'its outcome stays unknown';
  const tick = () => {
    left.textContent = hasTimeLeft() ? `${textOf(endsAt - Date.now())} left, then ${then}` : `No time left: ${then}`;
    if (hasTimeLeft()) return;
    clearInterval(ticking);
    atTheEnd();
  };
  ticking = setInterval(tick, second);
  tick();
}

export function hasTimeLeft() {
  return Date.now() < endsAt;
}

/** @param {number} ms */
function textOf(ms) {
  const seconds = Math.ceil(ms / second);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
