/**
 * On loopback the gateway answers only to loopback's names, and to no page of another origin. A web page whose own name was
 * rebound to 127.0.0.1 sends its name in `Host`; a page that calls 127.0.0.1 itself is told on by its browser. Neither
 * gets anything, and neither is counted: it could use up what the person at this machine may ask. The one thing that another
 * page may do is what a link in a web mail does: take the whole window to a page of ours that says so (`isPage`).
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { CountersignError } from '../core/errors.ts';
import type { GatewayApp } from './app.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** People open it by links from elsewhere; it is the same for everybody, holds nothing, and nothing happens by opening it. */
    isPage?: true;
  }
}

const loopbackHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?$/i;
const loopbackAddresses = new Set(['127.0.0.1', '::1', 'localhost']);
/** What a browser says of a request that is no other page's: of this origin, or typed by the person. */
const ownSites = new Set(['same-origin', 'none']);

export function isLoopback(host: string): boolean {
  return loopbackAddresses.has(host);
}

export function installHostGuard(app: GatewayApp): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const refusal = whyForeign(request);
    if (refusal === undefined) done();
    else {
      const message = `Cannot answer this request: ${refusal}, expected a loopback name and no other page; call the gateway by its own address`;
      done(new CountersignError('forbidden', message));
    }
  });
}

function whyForeign({ headers, routeOptions }: FastifyRequest): string | undefined {
  const { host, origin } = headers;
  if (host === undefined || !loopbackHost.test(host)) return 'it names another host';
  // Another port of this machine is another origin: whatever listens there is not ours.
  if (origin !== undefined && origin !== `http://${host}`) return 'a page of another origin sent it';
  const site = headers['sec-fetch-site'];
  if (site === undefined || ownSites.has(String(site))) return undefined;
  if (routeOptions.config.isPage === true && isFollowedLink(headers)) return undefined;
  return 'a page of another origin sent it';
}

/** The address of the whole window is to change, by GET since the route takes nothing else: no frame, no fetch, no prefetch. */
function isFollowedLink(headers: IncomingHttpHeaders): boolean {
  return (
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document' &&
    headers['sec-purpose'] === undefined
  );
}
