/** Policies: publish, activate, roll back, and what is in force. */
import {
  activatePolicyRequestSchema,
  policyActivatedSchema,
  policyPublishedSchema,
  policyStatusSchema,
  proposalWithdrawnSchema,
  publishPolicyRequestSchema,
  rollBackPolicyRequestSchema,
  withdrawProposalRequestSchema,
} from '../../client/policy-schemas.ts';
import { CountersignError } from '../../core/errors.ts';
import { loadPolicy } from '../../policy/index.ts';
import { readControl, readLayers } from '../../store/read-control.ts';
import { activatePolicy, rollBackPolicy } from '../activate-policy.ts';
import type { GatewayApp } from '../app.ts';
import { callerOf } from '../authenticate.ts';
import { longBodyBytes } from '../json-body.ts';
import type { GatewayContext } from '../options.ts';
import { openProposals, readerOf } from '../policy-layers.ts';
import { refuseSecrets } from '../refuse-secrets.ts';
import { withdrawProposal } from '../withdraw-proposal.ts';
import { problemResponses } from './responses.ts';

const access = 'control:write' as const;

export function policyRoutes(app: GatewayApp, gateway: GatewayContext): void {
  app.route({
    method: 'GET',
    url: '/v1/policies',
    config: { access: 'runs:read' },
    schema: {
      operationId: 'policyStatus',
      summary: 'Policies in force by layer, and proposals that wait for a second person',
      response: { 200: policyStatusSchema, ...problemResponses },
    },
    handler: async () => await statusOf(gateway),
  });
  app.route({
    method: 'POST',
    url: '/v1/policies',
    config: { access },
    bodyLimit: longBodyBytes,
    schema: {
      operationId: 'publishPolicy',
      summary: 'Store a version of a policy by its digest; nothing is in force by that',
      body: publishPolicyRequestSchema,
      response: { 201: policyPublishedSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const { text } = request.body;
      const loaded = loadPolicy(text, 'policy.yaml');
      if (loaded.kind === 'invalid') {
        const lines = loaded.problems.slice(0, 20).map(({ message }) => message);
        throw new CountersignError('policy-invalid', lines.join('\n'));
      }
      await refuseSecrets(gateway, 'the policy', text);
      return await reply.code(201).send({ policyDigest: await gateway.store.putBody(text) });
    },
  });
  app.route({
    method: 'POST',
    url: '/v1/policies/activations',
    config: { access },
    schema: {
      operationId: 'activatePolicy',
      summary: 'Put a published version in force, or propose it where it may be looser and two people are needed',
      body: activatePolicyRequestSchema,
      response: { 200: policyActivatedSchema, ...problemResponses },
    },
    handler: async (request) => await activatePolicy(gateway, callerOf(request), request.body),
  });
  app.route({
    method: 'POST',
    url: '/v1/policies/withdrawals',
    config: { access },
    schema: {
      operationId: 'withdrawPolicyProposal',
      summary: 'Take back what is proposed for a layer; what is in force stays',
      body: withdrawProposalRequestSchema,
      response: { 200: proposalWithdrawnSchema, ...problemResponses },
    },
    handler: async (request) => await withdrawProposal(gateway, callerOf(request), request.body),
  });
  app.route({
    method: 'POST',
    url: '/v1/policies/rollbacks',
    config: { access },
    schema: {
      operationId: 'rollBackPolicy',
      summary: 'Put the version before the present one in force again',
      body: rollBackPolicyRequestSchema,
      response: { 200: policyActivatedSchema, ...problemResponses },
    },
    handler: async (request) => await rollBackPolicy(gateway, callerOf(request), request.body),
  });
}

async function statusOf(gateway: GatewayContext) {
  const reader = readerOf(gateway);
  const packs = new Map<string, { policyDigest: string; by: string }>();
  for (const { agent, policyDigest, by } of await readControl(reader, ['policy-activation'])) {
    packs.set(agent, { policyDigest, by });
  }
  const ofPacks = [...packs].map(([name, { policyDigest }]) => {
    return { layer: 'pack' as const, name, mode: 'enforce' as const, policyDigest };
  });
  const proposals = (await openProposals(gateway)).map(({ layer, name, mode, policyDigest, by }) => {
    return { layer, name, mode, policyDigest, by };
  });
  return { active: [...(await readLayers(reader)), ...ofPacks], proposals };
}
