/**
 * On loopback the gateway answers only to loopback's names: a web page whose own name was rebound to 127.0.0.1 sends its
 * name in `Host`, and gets nothing.
 */
import { CountersignError } from '../core/errors.ts';
import type { GatewayApp } from './app.ts';

const loopbackHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?$/i;
const loopbackAddresses = new Set(['127.0.0.1', '::1', 'localhost']);

export function isLoopback(host: string): boolean {
  return loopbackAddresses.has(host);
}

export function installHostGuard(app: GatewayApp): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { host, origin } = request.headers;
    const ownOrigin = origin === undefined || loopbackHost.test(origin.replace(/^https?:\/\//, ''));
    if (host !== undefined && loopbackHost.test(host) && ownOrigin) {
      done();
      return;
    }
    const message =
      'Cannot answer this request: it names another host, expected a loopback name; call the gateway by its own address';
    done(new CountersignError('forbidden', message));
  });
}
