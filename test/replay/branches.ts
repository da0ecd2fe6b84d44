/**
 * The branches of the road that the corpus must hold, and how a replayed history shows that it took its branch: a recording that
 * only bears the name of one proves nothing about it.
 */
import type { ReplayReport } from '../../audit/replay-run.ts';
import type { TimelineEntry } from '../../audit/timeline.ts';

export interface Branch {
  name: string;
  /** Recorded runs that took it. */
  histories: readonly string[];
  shows(report: ReplayReport): boolean;
}

type OfKind<K extends TimelineEntry['kind']> = Extract<TimelineEntry, { kind: K }>;

function has<K extends TimelineEntry['kind']>(
  { timeline }: ReplayReport,
  kind: K,
  fits: (entry: OfKind<K>) => boolean = () => true,
): boolean {
  return timeline.some((entry) => entry.kind === kind && fits(entry as OfKind<K>));
}

const ended =
  (outcome: string) =>
  (report: ReplayReport): boolean =>
    has(report, 'request-ended', (entry) => entry.outcome === outcome);

export const branches: readonly Branch[] = [
  {
    name: 'approve',
    histories: ['approve', 'two-approvers'],
    shows: (report) => ended('approved')(report) && has(report, 'executed', ({ outcome }) => outcome === 'succeeded'),
  },
  {
    name: 'edit',
    histories: ['edit'],
    shows: (report) =>
      ended('superseded')(report) &&
      ended('approved')(report) &&
      has(report, 'voted', ({ verdict }) => verdict === 'edit') &&
      has(report, 'executed', ({ outcome }) => outcome === 'succeeded'),
  },
  {
    name: 'identical calls',
    histories: ['three-times'],
    shows: (report) =>
      has(report, 'asked', ({ times }) => times === 3) &&
      report.timeline.filter(({ kind }) => kind === 'request-ended').length === 1 &&
      report.timeline.filter(({ kind }) => kind === 'executed').length === 3,
  },
  {
    name: 'grant',
    histories: ['grant'],
    shows: (report) => has(report, 'permitted', ({ grant }) => grant?.use === 1),
  },
  {
    name: 'break-glass',
    histories: ['break-glass'],
    shows: (report) =>
      has(report, 'voted', ({ verdict }) => verdict === 'break-glass') &&
      has(report, 'permitted', ({ brokenBy }) => brokenBy === 'mia') &&
      report.reviews?.length === 1,
  },
  { name: 'deny', histories: ['deny'], shows: ended('denied') },
  { name: 'expire', histories: ['expire'], shows: ended('expired') },
  { name: 'late', histories: ['late-vote'], shows: (report) => ended('expired')(report) && has(report, 'voted') },
  {
    name: 'reset',
    histories: ['reset'],
    shows: (report) => report.links > 1 && has(report, 'link-started', ({ how }) => how === 'reset'),
  },
  {
    name: 'continue-as-new',
    histories: ['continue-as-new'],
    shows: (report) => has(report, 'link-started', ({ how }) => how === 'continued'),
  },
  {
    name: 'unknown',
    histories: ['unknown-probed', 'unknown-answered', 'unknown-unanswered'],
    shows: (report) => has(report, 'executed', ({ outcome }) => outcome === 'unknown'),
  },
  {
    name: 'unknown, answered by a person',
    histories: ['unknown-answered'],
    shows: (report) => has(report, 'reconciled', ({ answer }) => answer === 'did-not-happen'),
  },
  { name: 'cancel', histories: ['cancel'], shows: (report) => has(report, 'cancel-requested') },
  {
    name: 'refused',
    histories: ['refused'],
    shows: (report) => has(report, 'closed', ({ outcome }) => outcome === 'refused'),
  },
  {
    name: 'redacted',
    histories: ['redacted'],
    shows: (report) =>
      has(report, 'model-answered', ({ findings }) => findings.some(({ guard }) => guard === 'secrets')),
  },
  { name: 'held', histories: ['held', 'freeze'], shows: (report) => has(report, 'held') },
  { name: 'compact', histories: ['compact'], shows: (report) => has(report, 'compacted') },
  {
    name: 'dry run',
    histories: ['dry-run'],
    shows: (report) => has(report, 'executed', ({ outcome }) => outcome === 'dry-run'),
  },
  {
    name: 'target state',
    histories: ['target-state'],
    shows: (report) => has(report, 'executed', ({ purpose }) => purpose === 'target-state'),
  },
  {
    name: 'dry run of the tool before anybody is asked',
    histories: ['said-before'],
    shows: (report) => ended('approved')(report) && has(report, 'executed', ({ purpose }) => purpose === 'dry-run'),
  },
  { name: 'model refused', histories: ['model-refused'], shows: (report) => has(report, 'model-failed') },
];
