/** The fleet's freeze and thaw: signed orders, numbered by the store. */
import { fleetRequestSchema, type FleetState, fleetStateSchema } from '../../client/gateway-schemas.ts';
import { readFreeze } from '../../store/read-control.ts';
import type { GatewayApp } from '../app.ts';
import { callerOf } from '../authenticate.ts';
import { appendOrder } from '../control-records.ts';
import type { Credential } from '../credentials.ts';
import type { GatewayContext } from '../options.ts';
import { refuseSecrets } from '../refuse-secrets.ts';
import { tellOpenRuns } from '../tell-runs.ts';
import { problemResponses } from './responses.ts';

export function fleetRoutes(app: GatewayApp, gateway: GatewayContext): void {
  for (const kind of ['freeze', 'thaw'] as const) {
    app.route({
      method: 'POST',
      url: `/v1/fleet/${kind}`,
      config: { access: 'control:write' },
      schema: {
        operationId: kind,
        summary: kind === 'freeze' ? 'No effect of any run starts from now on' : 'End a freeze',
        body: fleetRequestSchema,
        response: { 200: fleetStateSchema, ...problemResponses },
      },
      handler: async (request) => await order(gateway, callerOf(request), kind, request.body.reason),
    });
  }
}

async function order(
  gateway: GatewayContext,
  caller: Credential,
  kind: 'freeze' | 'thaw',
  reason: string,
): Promise<FleetState> {
  await refuseSecrets(gateway, 'the reason', reason);
  await appendOrder(gateway, { kind, by: caller.principal, reason });
  const signalled = await tellOpenRuns(gateway, kind);
  const { store, audience, keys } = gateway;
  return { ...(await readFreeze({ store, audience, registry: keys.registry })), signalled };
}
