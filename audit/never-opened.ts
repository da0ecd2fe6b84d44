/**
 * Whether a record is that of a run which was refused at its opening: the store then never heard of it, and nothing of it ran.
 * It says so only of a record in which nothing else was even asked for.
 */
import { readOpenResult } from './read-results.ts';
import { entriesOf, type RunRecord } from './record-types.ts';

export function neverOpened({ links }: RunRecord): boolean {
  const locals = entriesOf(links, 'local');
  const openings = locals.filter(({ activityType }) => activityType === 'openRun');
  return (
    entriesOf(links, 'activity').length === 0 &&
    openings.length > 0 &&
    locals.length === openings.length &&
    openings.every(({ failed, result }) => failed || readOpenResult(result)?.kind !== 'opened') &&
    openings.some(({ result }) => readOpenResult(result)?.kind === 'refused')
  );
}
