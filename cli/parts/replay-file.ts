/**
 * Replays an exported file: no engine, no store, and a state folder only for the public keys in it, where there is one. The
 * file is untrusted; what it says is shown after it was checked, and what nobody vouches for is said.
 */
import type { FileHandle } from 'node:fs/promises';
import { renderPostmortem } from '../../audit/render-postmortem.ts';
import { readExport } from '../../audit/export/read-export.ts';
import { type ExportReport, replayExport } from '../../audit/export/replay-export.ts';
import { exitCodeByVerdict } from '../../audit/replay-run.ts';
import type { KeyRegistry } from '../../core/envelope.ts';
import { codeOf, CountersignError, messageOf } from '../../core/errors.ts';
import { openRegistry, registryPath } from '../../keys/index.ts';
import { pathExists } from '../../packs/path-exists.ts';
import { type Config, type Environment, variableByName } from '../../worker/config.ts';
import { replayBundle } from '../../worker/workflow-bundle.ts';
import { openFile } from '../open-file.ts';
import { findSecretRules } from './find-secret-rules.ts';
import { buildId } from './program-version.ts';
import type { Replayed } from './replay-from.ts';
import { withCacheFolder } from './cache-folder.ts';

/**
 * @param keysFile a registry from outside the file. Absent: the one of the settings or of the state folder, if there is one
 * @throws {CountersignError} `not-found`, `export-invalid`, `key-unavailable`
 */
export async function replayFile(
  config: Config,
  environment: Environment,
  file: string,
  keysFile: string | undefined,
): Promise<Replayed> {
  const registry = await outsideRegistry(config, keysFile);
  const read = await readExport(await openExport(file), file);
  const audience = environment[variableByName.audience] || null;
  return await withCacheFolder(config, async (cache) => {
    const report = await replayExport({
      read,
      registry,
      audience,
      buildId,
      findSecretRules,
      bundle: await replayBundle(cache),
    });
    const text = (colour: boolean): string => renderPostmortem(report, { colour }) + renderExport(report);
    return { report, exit: exitCodeByVerdict[report.verdict], text };
  });
}

async function outsideRegistry({ keyRegistryFile, paths }: Config, given?: string): Promise<KeyRegistry | null> {
  const named = given ?? keyRegistryFile;
  if (named !== undefined) return openRegistry(named);
  const own = registryPath(paths.keys);
  return (await pathExists(own)) ? openRegistry(own) : null;
}

async function openExport(file: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    return readChunks(file, await openFile(file));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw unreadable(file, reasonOf(error), error);
    throw new CountersignError(
      'not-found',
      `Cannot replay "${file.slice(0, 200)}": it is neither a run id nor a file, expected one of the two; look at "countersign runs"`,
      { cause: error },
    );
  }
}

async function* readChunks(file: string, handle: FileHandle): AsyncGenerator<Uint8Array> {
  try {
    yield* handle.createReadStream() as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    throw unreadable(file, reasonOf(error), error);
  }
}

function reasonOf(error: unknown): string {
  return codeOf(error) ?? messageOf(error);
}

function unreadable(file: string, reason: string, cause?: unknown): CountersignError {
  return new CountersignError(
    'export-invalid',
    `Cannot read export "${file}": ${reason}, expected a file of "countersign export" that this user may read; name another`,
    { cause },
  );
}

function renderExport({ export: { audience, exportedAt, kid, digest, keys }, verdict }: ExportReport): string {
  const lines = [
    `Exported ${new Date(exportedAt).toISOString()} for ${audience}, ${digest}, signed by ${kid}`,
    ...(keys === 'file'
      ? [
          `THE KEYS ARE THE FILE'S OWN: this shows that the file agrees with itself, not who made it. Name the registry of the deployment with --keys${verdict === 'incomplete' ? ' to have a verdict' : ''}`,
        ]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}
