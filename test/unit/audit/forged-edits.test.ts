/** P2, P4: what a replay finds where a record of an edited call was changed, with every signing key or with none. */
import { beforeAll, describe, expect, it } from 'vitest';
import { replayRun } from '../../../audit/replay-run.ts';
import { replayBundle, type WorkflowBundle } from '../../../worker/workflow-bundle.ts';
import { bundleFolder } from '../../support/bundle-folder.ts';
import { forge, trustingRegistry } from './forge.ts';
import { at, setAt, Tampered } from './tamper.ts';

let bundle: WorkflowBundle;

beforeAll(async () => {
  bundle = await replayBundle(bundleFolder);
});

async function problemsOf(tampered: Tampered): Promise<string[]> {
  const { recorded, source } = tampered;
  const { workflowId, audience } = recorded;
  const { checks } = await replayRun({ workflowId, audience, source, registry: trustingRegistry(recorded), bundle });
  return checks.flatMap(({ id, result, problems }) =>
    result === 'failed' ? problems.map(({ reason }) => `${id}: ${reason}`) : [],
  );
}

/** Sets a field of every signed object of a domain that has it. */
const put =
  (domain: string, path: readonly string[], value: unknown, fits: (body: unknown) => boolean = () => true) =>
  (one: string, envelope: object): boolean => {
    const holder = at(envelope, ['body', ...path.slice(0, -1)]);
    const key = path.at(-1) ?? '';
    const has = typeof holder === 'object' && holder !== null && Reflect.has(holder, key);
    return one === domain && has && fits(at(envelope, ['body'])) && Reflect.set(holder, key, value);
  };

const zeros = `sha256:${'0'.repeat(64)}`;
const isEdited = (body: unknown): boolean => at(body, ['ask', 'edited']) !== undefined;

describe('an edited call whose record says', () => {
  it('nothing that was changed replays', async () => {
    expect(await problemsOf(new Tampered('edit'))).toEqual([]);
  });

  const other = 'edit: nobody’s vote edits it so: late, unfitting, of the requester, or to something else';
  const cases: { name: string; change: ReturnType<typeof put>; expected: string }[] = [
    { name: 'another editor', change: put('decision', ['edit', 'by'], 'pete'), expected: other },
    { name: 'other arguments in the vote', change: put('vote', ['edits', 'argumentsDigest'], zeros), expected: other },
    {
      name: 'other arguments in the decision',
      change: put('decision', ['edit', 'argumentsDigest'], zeros),
      expected: 'edit: the call goes on with other arguments than it was edited to',
    },
    {
      name: 'another original',
      change: put('decision', ['edit', 'originalDigest'], zeros),
      expected: 'edit: the edit does not follow from those before it',
    },
    {
      name: 'that the edit was a rule’s',
      change: put('decision', ['rules'], [], (body) => at(body, ['edit']) !== undefined),
      expected: 'edit: the edit does not follow from those before it',
    },
    {
      name: 'another end of the request',
      change: put('decision', ['outcome'], 'expired', (body) => at(body, ['edit']) !== undefined),
      expected: 'edit: the edit does not follow from those before it',
    },
    {
      name: 'nobody as co-author of the new round',
      change: put('decision', ['ask', 'coAuthors'], ['somebody-else'], isEdited),
      expected: 'edit: the request does not name everybody who edited the call',
    },
    {
      name: 'that the new round is of another edit',
      change: put('decision', ['ask', 'edited', 'voteDigest'], zeros),
      expected: 'edit: the request says that it was edited, and no edit made it so',
    },
    {
      name: 'that the call could not be edited',
      change: (one, envelope) => {
        const ask = at(envelope, ['body', 'ask']);
        if (one !== 'decision' || typeof ask !== 'object' || ask === null || isEdited(at(envelope, ['body'])))
          return false;
        return Reflect.deleteProperty(ask, 'editable');
      },
      expected: other,
    },
    {
      name: 'that its editor approved it',
      change: put('vote', ['principal'], 'olga', (body) => at(body, ['principal']) === 'pete'),
      expected: 'approval: the votes do not approve it: too few, late, unfitting, or of the requester',
    },
    {
      name: 'an edit by the requester',
      change: put('vote', ['principal'], 'rita', (body) => at(body, ['verdict']) === 'edit'),
      expected: other,
    },
    {
      name: 'an edit after the deadline',
      change: put('vote', ['castAt'], 9_999_999_999_999, (body) => at(body, ['verdict']) === 'edit'),
      expected: other,
    },
  ];

  it.each(cases)('$name', async ({ change, expected }) => {
    const tampered = new Tampered('edit');
    forge(tampered, change);
    expect(await problemsOf(tampered)).toContain(expected);
  });

  it('arguments to go on with that the signed decision does not name', async () => {
    const tampered = new Tampered('edit');
    const isTaken = (value: unknown): boolean => at(value, ['edited']) !== undefined;
    setAt(tampered.localResult('checkCall', isTaken), ['edited'], () => '{"name":"mallory"}');
    expect(await problemsOf(tampered)).toContain('edit: the call goes on with other arguments than it was edited to');
  });
});
