/**
 * Moves SQLite's log into its file in a thread of its own: that waits for the disk, and where SQLite does it by itself, behind a
 * commit, every run of the process waits with it. It changes nothing that was committed and takes no lock that a write needs.
 * Where the thread cannot, SQLite does it as ever. This file is both sides.
 */
import { parentPort, Worker, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';

const purpose = 'countersign-log-mover';
/** 16 MB of log: what a run's next turns write over is then copied once. */
const framesToMove = 4000;
/**
 * What was written while the thread worked is left over, and only a log that was moved to its end is written over from its
 * beginning. The thread looks again until little is left; a log of twice that length is then moved to its end between two writes.
 */
const mostRounds = 4;
const fewFrames = 64;
const mostFramesLeft = 512;
/** How often it is asked how long the log is, which costs a few microseconds. */
const writesBetweenLooks = 100;

export interface LogMover {
  /** Behind a commit, outside of a transaction. Never waits and never throws. */
  wrote(): void;
  /** Afterwards the thread is gone, and its connection. */
  close(): Promise<void>;
}

interface Lengths {
  log: number;
  checkpointed: number;
}

/**
 * @param frames how many of the log are moved at once. At twice as many the log begins anew, and SQLite meets three times as many
 * only where the thread is late, or a long reader keeps the log.
 * @param isInPlace whether `path` still is the file that `database` has open
 */
export function createLogMover(
  database: Database.Database,
  path: string,
  isInPlace: () => boolean,
  frames = framesToMove,
): LogMover {
  let thread: Worker | undefined;
  let isMoving = false;
  let isGone = false;
  let writes = 0;
  database.pragma(`wal_autocheckpoint = ${3 * frames}`);

  function giveUp(): void {
    isGone = true;
    isMoving = false;
    if (database.open) database.pragma(`wal_autocheckpoint = ${frames}`);
  }

  function start(): Worker {
    const started = new Worker(new URL(import.meta.url), {
      workerData: { purpose, path },
      execArgv: ['--no-warnings'],
      // It needs nothing of the process's own, which may hold secrets.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    });
    started.on('message', () => {
      isMoving = false;
      orGiveUp(moveRest);
    });
    // Nobody waits for it: a disk that does not answer is found by the next commit.
    started.on('error', giveUp);
    started.on('exit', () => {
      thread = undefined;
      giveUp();
    });
    started.unref();
    return started;
  }

  function moveRest(): void {
    if (isGone || !database.open || database.inTransaction) return;
    const { log, checkpointed } = lengths(database, 'NOOP');
    if (log >= 2 * frames && log - checkpointed <= mostFramesLeft) lengths(database, 'PASSIVE');
  }

  function moveIfLong(): void {
    const { log, checkpointed } = lengths(database, 'NOOP');
    if (log - checkpointed < frames || !isInPlace()) return;
    thread ??= start();
    isMoving = true;
    thread.postMessage('move');
  }

  function orGiveUp(step: () => void): void {
    try {
      step();
    } catch {
      giveUp();
    }
  }

  return {
    wrote: () => {
      writes += 1;
      if (!isMoving && !isGone && writes % Math.min(writesBetweenLooks, frames) === 0) orGiveUp(moveIfLong);
    },
    close: async () => {
      isGone = true;
      if (!thread) return;
      const ended = new Promise((resolve) => thread?.once('exit', resolve));
      thread.ref();
      thread.postMessage('close');
      await ended;
    },
  };
}

/** In frames. A mode that moves moves what no reader and no other process keeps. */
function lengths(database: Database.Database, mode: 'NOOP' | 'PASSIVE'): Lengths {
  const [row] = database.pragma(`wal_checkpoint(${mode})`) as Lengths[];
  return row ?? { log: 0, checkpointed: 0 };
}

/** The thread's side, and only of a thread that this file started. */
const asked: unknown = workerData;
if (isTask(asked)) serve(asked.path);

function isTask(value: unknown): value is { path: string } {
  const has = typeof value === 'object' && value !== null && 'purpose' in value && 'path' in value;
  return has && value.purpose === purpose && typeof value.path === 'string';
}

function serve(path: string): void {
  const database = new Database(path, { fileMustExist: true, timeout: 1000 });
  // The log is on the disk before the file is written, and the file before the log is written over.
  database.pragma('synchronous = full');
  parentPort?.on('message', (order: unknown) => {
    if (order === 'close') {
      database.close();
      parentPort?.close();
      return;
    }
    for (let round = 0; round < mostRounds; round += 1) {
      lengths(database, 'PASSIVE');
      const { log, checkpointed } = lengths(database, 'NOOP');
      if (log - checkpointed <= fewFrames) break;
    }
    parentPort?.postMessage('moved');
  });
}
