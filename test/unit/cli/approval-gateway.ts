/** A gateway with one request that takes a vote, and what was sent to it. */
import type { GrantPreview } from '../../../client/grant-schemas.ts';
import { digestJson } from '../../../core/digest.ts';
import { type FakeGateway, startFakeGateway } from './run-cli.ts';
import { approval } from './views.ts';

export const voteDigest = digestJson('vote', 'x');
export const applied = { status: 'applied', outcome: 'approved', reason: null, voteDigest, castAt: 1 };

/** What the gateway says of any grant. */
export const grantPreview: GrantPreview = {
  coverageDigest: digestJson('grant-coverage', 'x'),
  lines: [{ label: 'argument', text: 'service is like "web-*"' }],
  risk: 'medium',
  confirmation: null,
};

export async function gatewayWith(view = approval(), vote: unknown = applied): Promise<FakeGateway> {
  const gateway = await startFakeGateway();
  gateway.on('GET', '/v1/approvals', () => ({ approvals: [view] }));
  gateway.on('GET', `/v1/approvals/${view.nonce}`, () => view);
  gateway.on('POST', `/v1/approvals/${view.nonce}/votes`, () => vote);
  gateway.on('POST', `/v1/approvals/${view.nonce}/edits`, () => vote);
  gateway.on('POST', `/v1/approvals/${view.nonce}/grant-previews`, () => grantPreview);
  return gateway;
}

/** A gateway with these requests open, each of which takes votes. */
export async function inboxOf(...views: ReturnType<typeof approval>[]): Promise<FakeGateway> {
  const gateway = await startFakeGateway();
  gateway.on('GET', '/v1/approvals', () => ({ approvals: views }));
  for (const view of views) {
    gateway.on('GET', `/v1/approvals/${view.nonce}`, () => view);
    gateway.on('POST', `/v1/approvals/${view.nonce}/votes`, () => applied);
  }
  return gateway;
}

/** What counts; what only asks what a grant would cover is left out. */
export function sent(gateway: FakeGateway): unknown[] {
  const orders = gateway.requests.filter(({ method, path }) => method === 'POST' && !path.endsWith('/grant-previews'));
  return orders.map(({ body }) => body);
}
