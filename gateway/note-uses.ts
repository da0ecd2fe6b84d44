/**
 * Notes when keys were used and what was refused, for people who look. It is counted in memory and written every second, so
 * that junk costs the store as little as it did; a gateway that dies loses the last second, which its log has. It refuses
 * nothing and holds nothing up.
 */
import type { FastifyRequest } from 'fastify';
import type { ErrorCode } from '../core/contracts/errors.ts';
import { CountersignError } from '../core/errors.ts';
import type { Refusal } from '../store/store.ts';
import type { GatewayApp } from './app.ts';
import type { GatewayContext } from './options.ts';

const writeEveryMs = 1000;
/** Kinds of refusal in one second; beyond it they are counted as others. */
const mostKinds = 1000;

export interface UseNotes {
  /** Also what is not written yet. */
  flush(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Of the key by which what came is signed, once that is proven. */
    provenKeyId: string | null;
    /** The approval request that its bearer means. */
    provenAbout: string;
    /** Of a key that does not let its bearer in, where it is one of ours. */
    refusedKeyId: string | null;
    /** Of the error that the request ended with. */
    refusedCode: string | null;
    /** Of one that is answered as if nothing were wrong, or after its answer: in words to whoever tried. */
    noteRefused(code: ErrorCode): void;
    /** As of a request that a key signed, for one whose sender is found out after its answer. */
    noteUsed(keyId: string): void;
  }
}

export function noteUses(app: GatewayApp, gateway: GatewayContext): UseNotes {
  let uses = new Map<string, number>();
  let refusals = new Map<string, Refusal>();
  let writing = Promise.resolve();

  function noteRefusal(request: FastifyRequest, code: string): void {
    const { access } = request.routeOptions.config;
    // Of what anybody may see there is nothing to be refused.
    if (access === undefined || access === 'public') return;
    const keyId = request.caller?.keyId ?? request.provenKeyId ?? request.refusedKeyId;
    const route = `${request.method} ${request.routeOptions.url ?? ''}`;
    // Without a key nobody says what it was about: it could be anything, and never the same.
    const about = refusals.size >= mostKinds ? '' : request.caller ? aboutOf(request.params) : request.provenAbout;
    const key = JSON.stringify([route, keyId, about, code]);
    const attempts = (refusals.get(key)?.attempts ?? 0) + 1;
    refusals.set(key, { route, keyId, about, code, attempts, lastAt: gateway.clock.now() });
  }

  async function write(): Promise<void> {
    if (uses.size + refusals.size === 0) return;
    const [used, refused] = [uses, [...refusals.values()]];
    uses = new Map();
    refusals = new Map();
    try {
      await gateway.store.noteUses({ uses: used, refusals: refused });
    } catch (error) {
      const code = error instanceof CountersignError ? error.code : 'internal-fault';
      gateway.logger.warn({ code, refusals: refused.length }, 'uses of keys were not noted');
    }
  }

  function flush(): Promise<void> {
    writing = writing.then(write);
    return writing;
  }

  app.decorateRequest('provenKeyId', null);
  app.decorateRequest('provenAbout', '');
  app.decorateRequest('refusedKeyId', null);
  app.decorateRequest('refusedCode', null);
  app.decorateRequest('noteRefused', function (code) {
    noteRefusal(this, code);
  });
  app.decorateRequest('noteUsed', function (keyId) {
    this.provenKeyId = keyId;
    uses.set(keyId, gateway.clock.now());
  });
  app.addHook('onError', (request, _reply, error, done) => {
    request.refusedCode = error instanceof CountersignError ? error.code : 'input-invalid';
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const usedKeyId = request.caller?.keyId ?? request.provenKeyId;
    if (usedKeyId !== null) uses.set(usedKeyId, gateway.clock.now());
    const { refusedCode } = request;
    // Faults of the gateway refuse nobody.
    if (refusedCode !== null && reply.statusCode < 500) noteRefusal(request, refusedCode);
    done();
  });
  const timer = setInterval(() => void flush(), writeEveryMs);
  timer.unref();
  app.addHook('onClose', async () => {
    clearInterval(timer);
    await flush();
  });
  return { flush };
}

/** The request, run or key that a route names. */
function aboutOf(params: unknown): string {
  const values: unknown[] = typeof params === 'object' && params !== null ? Object.values(params) : [];
  const [value] = values;
  return typeof value === 'string' ? value.slice(0, 100) : '';
}
