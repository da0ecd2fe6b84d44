/**
 * The web inbox: one page with its script and style, and signing in to it. The page is the same for everybody and holds
 * nothing; what it shows comes from the API, by a session that can read and answer requests and nothing else.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import {
  openSessionRequestSchema,
  otherSessionSchema,
  sessionViewSchema,
  signInLinkSchema,
} from '../../client/channel-schemas.ts';
import type { GatewayApp } from '../app.ts';
import { callerOf } from '../authenticate.ts';
import type { GatewayContext } from '../options.ts';
import { endSession, makeSignInLink, openSession, sessionCookie, sessionTokenOf } from '../sessions.ts';
import { problemResponses } from './responses.ts';

const files = [
  { url: '/inbox', name: 'inbox.html', type: 'text/html; charset=utf-8' },
  { url: '/inbox/inbox.js', name: 'inbox.js', type: 'text/javascript; charset=utf-8' },
  { url: '/inbox/page.js', name: 'page.js', type: 'text/javascript; charset=utf-8' },
  { url: '/inbox/follow.js', name: 'follow.js', type: 'text/javascript; charset=utf-8' },
  { url: '/inbox/time-left.js', name: 'time-left.js', type: 'text/javascript; charset=utf-8' },
  { url: '/inbox/edit.js', name: 'edit.js', type: 'text/javascript; charset=utf-8' },
  { url: '/inbox/grant.js', name: 'grant.js', type: 'text/javascript; charset=utf-8' },
  { url: '/inbox/grant-fields.js', name: 'grant-fields.js', type: 'text/javascript; charset=utf-8' },
  { url: '/inbox/said.js', name: 'said.js', type: 'text/javascript; charset=utf-8' },
  { url: '/inbox/send-answer.js', name: 'send-answer.js', type: 'text/javascript; charset=utf-8' },
  { url: '/inbox/unreadable.js', name: 'unreadable.js', type: 'text/javascript; charset=utf-8' },
  { url: '/inbox/reviews.js', name: 'reviews.js', type: 'text/javascript; charset=utf-8' },
  { url: '/inbox/sign-in.js', name: 'sign-in.js', type: 'text/javascript; charset=utf-8' },
  { url: '/inbox/enrol.js', name: 'enrol.js', type: 'text/javascript; charset=utf-8' },
  { url: '/inbox/inbox.css', name: 'inbox.css', type: 'text/css; charset=utf-8' },
] as const;

/** Own files only; text never becomes markup or script, and no page may frame this one. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

export function inboxRoutes(app: GatewayApp, gateway: GatewayContext): void {
  for (const { url, name, type } of files) {
    const body = readFileSync(new URL(`../../ui/inbox/${name}`, import.meta.url), 'utf8');
    app.route({
      method: 'GET',
      url,
      config: { access: 'public', ...(url === '/inbox' ? { isPage: true } : {}) },
      schema: { hide: true },
      handler: async (_request, reply) =>
        await reply
          .header('content-security-policy', contentSecurityPolicy)
          .header('referrer-policy', 'no-referrer')
          .type(type)
          .serializer(String)
          .send(body),
    });
  }
  app.route({
    method: 'POST',
    url: '/v1/inbox/sign-in-links',
    config: { access: 'approvals:vote' },
    schema: {
      operationId: 'makeSignInLink',
      summary: 'A link that opens the web inbox once, as the person whose key this is',
      response: { 201: signInLinkSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const { token, expiresAt } = await makeSignInLink(gateway, callerOf(request));
      // In the fragment: it reaches no server, log or referrer, and a scanner that fetches the link uses nothing up.
      const base = gateway.publicUrl ?? `${request.protocol}://${request.host}`;
      const url = `${base.replace(/\/$/, '')}/inbox#sign-in=${token}`;
      return await reply.code(201).send({ url, expiresAt });
    },
  });
  app.route({
    method: 'POST',
    url: '/v1/inbox/session',
    config: { access: 'proven' },
    schema: {
      operationId: 'openSession',
      summary: 'Sign in with the token of a link; the answer sets a cookie, unless somebody else is signed in',
      body: openSessionRequestSchema,
      response: { 200: otherSessionSchema, 201: sessionViewSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const { token: linkToken, instead } = request.body;
      const opened = await openSession(gateway, linkToken, { token: sessionTokenOf(request), instead });
      if (opened.kind === 'other') {
        const { principal, signedInAs } = opened;
        return await reply.code(200).send({ principal, signedInAs });
      }
      const { token, principal, expiresAt } = opened;
      const seconds = Math.floor((expiresAt - gateway.clock.now()) / 1000);
      void reply.header('set-cookie', cookie(token, seconds, isLoopback(request.hostname)));
      return await reply.code(201).send({ principal, expiresAt });
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/inbox/session',
    config: { access: 'approvals:read' },
    schema: {
      operationId: 'showSession',
      summary: 'Who is signed in',
      response: { 200: sessionViewSchema, ...problemResponses },
    },
    handler: (request) => {
      const { principal, expiresAt } = callerOf(request);
      return Promise.resolve({ principal, expiresAt });
    },
  });
  app.route({
    method: 'DELETE',
    url: '/v1/inbox/session',
    config: { access: 'approvals:read' },
    schema: { operationId: 'endSession', summary: 'Sign out', response: { 204: z.undefined(), ...problemResponses } },
    handler: async (request, reply) => {
      await endSession(gateway, callerOf(request));
      void reply.header('set-cookie', cookie('', 0, isLoopback(request.hostname)));
      return await reply.code(204).send(undefined);
    },
  });
}

/** Sent to this gateway alone, by its own pages alone, and no script reads it. */
function cookie(token: string, seconds: number, onLoopback: boolean): string {
  const secure = onLoopback ? '' : '; Secure';
  return `${sessionCookie}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}
