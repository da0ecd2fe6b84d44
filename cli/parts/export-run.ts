/** Exports a run from this state folder: gathers, writes, signs. The run itself is only read, and may go on meanwhile. */
import { type ExportSummary, gatherParts } from '../../audit/export/export-parts.ts';
import { writeExport } from '../../audit/export/write-export.ts';
import type { Clock } from '../../core/clock.ts';
import { CountersignError } from '../../core/errors.ts';
import type { Config, Environment } from '../../worker/config.ts';
import { openKeys } from './open-base.ts';
import { type RecordSources, withRecord } from './replay-from.ts';
import { refuseUnusableTarget, writeWholeFile } from './whole-file.ts';

export interface ExportOrder {
  workflowId: string;
  file: string;
  force: boolean;
  useStore: boolean;
  stop: AbortSignal;
  /** Told of an engine that is started for this export alone. */
  log: (line: string) => void;
}

/** As `--json` prints it. */
export interface ExportedRun extends ExportSummary {
  file: string;
  workflowId: string;
  digest: string;
  kid: string;
  exportedAt: number;
  bytes: number;
}

/** Null: it was told to stop. @throws {CountersignError} `not-found` where neither engine nor store knows the run */
export async function exportRun(
  config: Config,
  { environment, clock }: { environment: Environment; clock: Clock },
  order: ExportOrder,
): Promise<ExportedRun | null> {
  await refuseUnusableTarget({ path: order.file, force: order.force });
  return await withRecord({ config, clock }, order.useStore, order.log, async (sources) => {
    await refuseUnknown(order.workflowId, sources);
    const keys = await openKeys({ config, environment, clock, domains: ['export'] });
    const { workflowId, file, force, stop } = order;
    const gathered = gatherParts({
      workflowId,
      ...sources,
      registry: keys.registry,
      signerKid: keys.signer('export').kid,
    });
    const written = await writeWholeFile({ path: file, force, stop }, (write) =>
      writeExport({
        workflowId,
        parts: gathered.parts,
        signer: () => keys.signer('export'),
        audience: config.audience,
        clock,
        write,
      }),
    );
    if (!written) return null;
    const { signed, bytes } = written;
    const { kid, issuedAt: exportedAt } = signed;
    return { file, workflowId, digest: signed.body.digest, kid, exportedAt, bytes, ...gathered.summary() };
  });
}

async function refuseUnknown(workflowId: string, { source, store }: RecordSources): Promise<void> {
  if (await store?.getRun(workflowId)) return;
  for await (const { link } of source.walk(workflowId)) if (link) return;
  throw new CountersignError(
    'not-found',
    `Cannot export run "${workflowId}": neither engine nor store knows it, expected a run of this deployment; look at "countersign runs"`,
  );
}
