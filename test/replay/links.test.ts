/** Links are replayed in one worker. None hears of what another did to it: an attacker who forges one must not hide the next. */
import { beforeAll, expect, it } from 'vitest';
import { type LinkHistory, historyFromJson, historyToJson } from '../../audit/history-source.ts';
import { type ReplayedLink, replayLinks } from '../../audit/replay-links.ts';
import { replayBundle, type WorkflowBundle } from '../../worker/workflow-bundle.ts';
import { loadRecorded, sourceOf } from '../histories/recorded.ts';
import { bundleFolder } from '../support/bundle-folder.ts';

const recorded = loadRecorded('continue-as-new');
const { workflowId } = recorded;
let bundle: WorkflowBundle;
let sound: LinkHistory[];

beforeAll(async () => {
  bundle = await replayBundle(bundleFolder);
  sound = await sourceOf(recorded).links(workflowId);
});

type Json = {
  events: (Record<string, unknown> & { workflowExecutionStartedEventAttributes?: Record<string, unknown> })[];
};

/** Each is what somebody may write into a record: a few end or stop the SDK's worker, and its Rust code tells nobody. */
const forgeries: Record<string, (history: Json) => unknown> = {
  'without events': () => ({ events: [] }),
  'that begins in its middle': ({ events }) => ({ events: events.slice(5) }),
  'that has its start alone': ({ events }) => ({ events: events.slice(0, 1) }),
  'that was cut off': ({ events }) => ({ events: events.slice(0, 9) }),
  'that lacks events': ({ events }) => ({ events: events.toSpliced(1, 3) }),
  'that starts twice': ({ events: [start, ...rest] }) => ({ events: [start, ...rest.toSpliced(3, 0, start ?? {})] }),
  'whose start comes again in another event’s place': ({ events }) => ({
    events: events.with(3, { ...events[0], eventId: '4' }),
  }),
  'in reverse': ({ events }) => ({ events: events.toReversed() }),
  'whose events all have one id': ({ events }) => ({ events: events.map((event) => ({ ...event, eventId: '1' })) }),
  'whose events have no ids': ({ events }) => ({ events: events.map(({ eventId, ...event }) => event) }),
  'whose start is said to be another event': ({ events: [start, ...rest] }) => ({
    events: [{ ...start, eventType: 'EVENT_TYPE_TIMER_STARTED' }, ...rest],
  }),
  'whose start names no workflow': ({ events: [start, ...rest] }) => ({
    events: [
      {
        ...start,
        workflowExecutionStartedEventAttributes: {
          ...start?.workflowExecutionStartedEventAttributes,
          workflowType: null,
        },
      },
      ...rest,
    ],
  }),
  'with a task that never ended': ({ events }) => ({
    events: events.toSpliced(3, 1).map((event, index) => ({ ...event, eventId: String(index + 1) })),
  }),
  'whose commands are of another code': (history) => replaced(history, '"callModel"', '"somethingElse"'),
  'whose input nobody can read': (history) => replaced(history, '"encoding"', '"enc0ding"'),
};

function replaced(history: Json, before: string, after: string): unknown {
  return JSON.parse(JSON.stringify(history).replaceAll(before, after));
}

async function alone(links: readonly LinkHistory[]): Promise<ReplayedLink[]> {
  const each: ReplayedLink[] = [];
  for (const link of links) each.push(...(await replayLinks(workflowId, [link], bundle)));
  return each;
}

it.each(Object.keys(forgeries))('P4a links around one %s are replayed as they are alone', async (what) => {
  const [first, second] = sound as [LinkHistory, LinkHistory];
  const history = historyFromJson(forgeries[what]?.(structuredClone(historyToJson(first.history)) as Json));
  const forged = { ...first, history };
  const links = [forged, first, forged, forged, second, forged];
  const together = await replayLinks(workflowId, links, bundle);
  expect(together).toEqual(await alone(links));
  expect(together.map(({ linkRunId }) => linkRunId)).toEqual(links.map(({ linkRunId }) => linkRunId));
  for (const at of [1, 4]) {
    expect(together[at]?.failure).toBeNull();
    expect(together[at]?.computed.length).toBeGreaterThan(10);
  }
  expect(together[0]).not.toEqual(together[1]);
});

it('P4a a link over which the worker stands still has its reason, and the next one is replayed', async () => {
  const [first, second] = sound as [LinkHistory, LinkHistory];
  const [stuck, sooner] = await replayLinks(workflowId, [first, second], bundle, { standstillMs: 0 });
  for (const link of [stuck, sooner]) {
    expect(link).toMatchObject({ computed: [], failure: 'nothing came of it for 0 s' });
  }
  expect(await replayLinks(workflowId, [first, second], bundle)).toEqual(await alone([first, second]));
});
