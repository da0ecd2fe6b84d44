/** P4: a result that its receipt calls trusted, where no policy and so no permit does, however it is signed. */
import { expect, it } from 'vitest';
import { replayRun } from '../../../audit/replay-run.ts';
import { replayBundle } from '../../../worker/workflow-bundle.ts';
import { bundleFolder } from '../../support/bundle-folder.ts';
import { forge, trustingRegistry } from './forge.ts';
import { at, Tampered } from './tamper.ts';

async function problemsOf(tampered: Tampered): Promise<string[]> {
  const { recorded, source } = tampered;
  const { workflowId, audience } = recorded;
  const bundle = await replayBundle(bundleFolder);
  const { checks } = await replayRun({ workflowId, audience, source, registry: trustingRegistry(recorded), bundle });
  return checks.flatMap(({ id, result, problems }) =>
    result === 'failed' ? problems.map(({ reason }) => `${id}: ${reason}`) : [],
  );
}

type Name = 'approve' | 'target-state' | 'said-before';

/**
 * @param purpose of the receipts that lose their label
 * @param trusted whether the permits are changed to say so as well
 */
function withoutLabel(name: Name, purpose: string, trusted: boolean): Tampered {
  const tampered = new Tampered(name);
  forge(tampered, (domain, envelope) => {
    const body = at(envelope, ['body']);
    if (typeof body !== 'object' || body === null) return false;
    if (domain === 'receipt')
      return (
        at(body, ['purpose']) === purpose && at(body, ['labels', '0']) !== undefined && Reflect.set(body, 'labels', [])
      );
    return trusted && at(body, ['verdict']) === 'allow' && Reflect.set(body, 'trustedResult', true);
  });
  return tampered;
}

it.each<[Name, string]>([
  ['approve', 'execute'],
  ['target-state', 'target-state'],
  ['said-before', 'dry-run'],
])(
  'a result without the label `untrusted` is found where its permit does not trust it (%s, %s)',
  async (name, purpose) => {
    expect(await problemsOf(withoutLabel(name, purpose, false))).toContain(
      'receipt-permit: the result is labelled as trusted, which its permit does not say',
    );
    expect(await problemsOf(withoutLabel(name, purpose, true))).toEqual([]);
  },
);
