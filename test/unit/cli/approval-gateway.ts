/** A gateway with one request that takes a vote, and what was sent to it. */
import { digestJson } from '../../../core/digest.ts';
import { type FakeGateway, startFakeGateway } from './run-cli.ts';
import { approval } from './views.ts';

export const voteDigest = digestJson('vote', 'x');
export const applied = { status: 'applied', outcome: 'approved', reason: null, voteDigest, castAt: 1 };

export async function gatewayWith(view = approval(), vote: unknown = applied): Promise<FakeGateway> {
  const gateway = await startFakeGateway();
  gateway.on('GET', '/v1/approvals', () => ({ approvals: [view] }));
  gateway.on('GET', `/v1/approvals/${view.nonce}`, () => view);
  gateway.on('POST', `/v1/approvals/${view.nonce}/votes`, () => vote);
  gateway.on('POST', `/v1/approvals/${view.nonce}/edits`, () => vote);
  return gateway;
}

export function sent(gateway: FakeGateway): unknown[] {
  return gateway.requests.filter(({ method }) => method === 'POST').map(({ body }) => body);
}
