/**
 * What approvals cost people in time: from an accepted vote to the tool, votes a second, a list with a thousand pending, and how
 * late silence denies. The gateway is asked over HTTP; the worker is a process of its own; every effect is counted at the end.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGround } from '../../test/approval-conformance/countersign-driver.ts';
import { startBenchEngine } from '../parts/start-bench-engine.ts';
import type { Measurement, Suite } from '../parts/suite.ts';
import { addAsking, openBench } from './parts/ground.ts';
import { measurePendingAndSilence } from './parts/measure-silence.ts';
import { measureVotes, requireEffects } from './parts/measure-vote.ts';

const hourMs = 3_600_000;

export const suite: Suite = {
  name: 'approvals',
  summary: 'from a vote to the tool, votes a second, a thousand pending, and how late silence denies',
  rounds: 3,
  parts: ['vote', 'pending', 'silence'],
  async measure(options) {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-approvals-'));
    const engine = await startBenchEngine(folder);
    try {
      const ground = await openGround({ address: engine.address, namespace: engine.namespace });
      try {
        await addAsking(ground, 'patient', hourMs);
        const bench = await openBench(ground, engine);
        const measurements: Measurement[] = [];
        if (options.wants('vote')) measurements.push(...(await measureVotes(bench, options)));
        measurements.push(...(await measurePendingAndSilence(bench, options)));
        requireEffects(bench);
        return measurements;
      } finally {
        // Drained, so that a profile of it is written.
        ground.worker?.signal('SIGTERM');
        await ground.worker?.ended;
        await ground.close();
      }
    } finally {
      await engine.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};
