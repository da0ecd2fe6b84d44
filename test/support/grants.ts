/** Grants as the gateway records them, for tests that work at its desk. */
import type { Grant } from '../../core/contracts/grant.ts';
import { grantDigestOf } from '../../core/grant/decide-grant.ts';
import type { AskRow } from '../../store/store.ts';

let made = 0;

/** Of calls of the ask's tool whose `name` is like `web-*`. */
export function grantFor({ ask, askDigest }: Pick<AskRow, 'ask' | 'askDigest'>, changes: Partial<Grant> = {}): Grant {
  const { body } = ask;
  if (body.verdict !== 'ask' || body.tool.definitionDigest === null) throw new TypeError('not an ask');
  const { nonce, approvalId, cardDigest, termsDigest, terms, askedAt, deadlineAt } = body.ask;
  made += 1;
  const grantedAt = Date.now();
  return {
    grantId: `test${String(made).padStart(8, '0')}`,
    proposedBy: 'olga',
    agent: 'tester',
    environment: 'local',
    scope: 'agent',
    tool: { name: body.tool.name, definitionDigest: body.tool.definitionDigest },
    arguments: { name: { kind: 'like', globs: ['web-*'] } },
    rules: body.rules.filter(({ effect }) => effect === 'ask').map(({ id }) => id),
    // What a tool gives back is untrusted: with the ceiling of the first call nothing after it would be covered.
    labels: ['operator', 'untrusted'],
    risk: 'medium',
    uses: 1,
    grantedAt,
    expiresAt: grantedAt + 600_000,
    request: {
      workflowId: body.workflowId,
      callKey: body.callKey,
      approvalId,
      nonce,
      askDigest,
      cardDigest,
      termsDigest,
      terms,
      askedAt,
      deadlineAt,
    },
    ...changes,
  };
}

export { grantDigestOf };
