/**
 * What a process of the product still holds after a collection: its heaps, those of its threads too, and what of it lies in
 * memory. What lies there before one says how much there was to do since the last, and nothing of a leak. It goes through the
 * process's inspector on loopback, which only a campaign opens.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { residentKilobytes } from './resident-memory.ts';

export interface LiveMemory {
  /** Objects and buffers that are in use, of all threads. */
  heapKilobytes: number;
  /** Resident, native memory included. */
  residentKilobytes: number;
}

const answerSchema = z.looseObject({ id: z.number(), result: z.unknown() });
const attachedSchema = z.object({
  method: z.literal('NodeWorker.attachedToWorker'),
  params: z.object({ sessionId: z.string() }),
});
const fromThreadSchema = z.object({
  method: z.literal('NodeWorker.receivedMessageFromWorker'),
  params: z.object({ sessionId: z.string(), message: z.string() }),
});
const usageSchema = z.object({ usedSize: z.number(), backingStorageSize: z.number().default(0) });

/** @param log of the process, which was started with `--inspect`; the last address in it is its own. */
export async function readLiveMemory(pid: number, log: string): Promise<LiveMemory> {
  const [address] =
    [...(await readFile(log, 'utf8')).matchAll(/^Debugger listening on (ws:\S+)$/gm)].at(-1)?.slice(1) ?? [];
  if (!address) throw new Error(`Cannot read the memory of process ${pid}: ${log} names no inspector`);
  const inspector = await connect(address);
  try {
    await inspector.ask('NodeWorker.enable', { waitForDebuggerOnStart: false });
    const asks = [inspector.ask, ...inspector.threads().map((thread) => inspector.askThread(thread))];
    // One after the other: two collections at once would only wait for each other's cores.
    for (const ask of asks) await ask('HeapProfiler.collectGarbage');
    let bytes = 0;
    for (const ask of asks) {
      const { usedSize, backingStorageSize } = usageSchema.parse(await ask('Runtime.getHeapUsage'));
      bytes += usedSize + backingStorageSize;
    }
    return { heapKilobytes: Math.round(bytes / 1024), residentKilobytes: await residentKilobytes(pid) };
  } finally {
    inspector.close();
  }
}

type Ask = (method: string, params?: Readonly<Record<string, unknown>>) => Promise<unknown>;

interface Inspector {
  ask: Ask;
  /** Those that run when `NodeWorker.enable` was answered. */
  threads(): string[];
  askThread(sessionId: string): Ask;
  close(): void;
}

async function connect(address: string): Promise<Inspector> {
  const socket = new WebSocket(address);
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  const threads: string[] = [];
  let asked = 0;
  const receive = (text: string): void => {
    const message: unknown = JSON.parse(text);
    const answer = answerSchema.safeParse(message);
    if (answer.success) return waiting.get(answer.data.id)?.resolve(answer.data.result);
    const fromThread = fromThreadSchema.safeParse(message);
    if (fromThread.success) return receive(fromThread.data.params.message);
    const attached = attachedSchema.safeParse(message);
    if (attached.success) threads.push(attached.data.params.sessionId);
  };
  socket.addEventListener('message', ({ data }) => receive(String(data)));
  const opened = Promise.withResolvers<void>();
  socket.addEventListener('open', () => opened.resolve());
  socket.addEventListener('close', () => {
    const error = new Error('the inspector went away');
    opened.reject(error);
    for (const { reject } of waiting.values()) reject(error);
  });
  await opened.promise;

  const numbered = (post: (text: string) => void): Ask => {
    return async (method, params = {}) => {
      asked += 1;
      const id = asked;
      const answered = Promise.withResolvers<unknown>();
      waiting.set(id, answered);
      post(JSON.stringify({ id, method, params }));
      try {
        return await answered.promise;
      } finally {
        waiting.delete(id);
      }
    };
  };
  const ask = numbered((text) => socket.send(text));
  return {
    ask,
    threads: () => [...threads],
    askThread: (sessionId) =>
      numbered((message) => void ask('NodeWorker.sendMessageToWorker', { sessionId, message }).catch(() => undefined)),
    close: () => socket.close(),
  };
}
