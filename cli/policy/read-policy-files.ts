/**
 * Reads what the policy commands work on: a policy file or an agent pack's folder, the layers above it, and files of cases. All
 * problems of all files come at once; what is not there is an error that says which file.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestText } from '../../core/digest.ts';
import { CountersignError, messageOf } from '../../core/errors.ts';
import { shellReaders } from '../../guards/index.ts';
import { formatPackProblem, readPack } from '../../packs/load-pack.ts';
import { type KnownTool, type PolicyCase, readCases } from '../../policy/cases/index.ts';
import {
  formatProblem,
  type LoadedPolicy,
  type LoadOptions,
  type LayerPolicy,
  loadPolicy,
} from '../../policy/index.ts';
import { bytesOfFile } from '../open-file.ts';
import { loadPackFolder } from '../parts/load-pack-folder.ts';
import { countText } from '../show/format.ts';

export interface PolicyFile {
  readonly file: string;
  readonly text: string;
  readonly loaded: Extract<LoadedPolicy, { kind: 'policy' }>;
  /** Of the pack, where its folder was given. */
  readonly tools: NonNullable<LoadOptions['tools']> & readonly KnownTool[];
  readonly toolsKnown: boolean;
  /** The pack's own file of cases, where there is one. */
  readonly casesFile: string | undefined;
}

/** Lines as `file:line:column: …`, for `policy-invalid`. */
export class PolicyProblems extends CountersignError {
  readonly lines: readonly string[];
  constructor(lines: readonly string[]) {
    super(
      'policy-invalid',
      `Cannot use the policy: ${countText(lines.length, 'problem')}, expected none; correct them\n${lines.join('\n')}`,
    );
    this.lines = lines;
  }
}

/** @param given a policy file, or a folder with `policy.yaml` */
export async function readPolicyFile(given: string): Promise<PolicyFile> {
  const file = await policyFileIn(given);
  if (file === given) return await readAlone(given);
  if (!(await exists(join(given, 'agent.yaml')))) return await readAlone(file);
  // With the pack's tools, conditions are checked against their arguments.
  const pack = await loadPackFolder(given).catch(async (error: unknown) => {
    const read = await readPack(given).catch(() => undefined);
    if (read?.kind === 'invalid') throw new PolicyProblems(read.problems.map(formatPackProblem));
    throw error;
  });
  const tools = pack.tools.list().map(({ definition }) => definition);
  const casesFile = join(given, 'policy.cases.yaml');
  const known = (await exists(casesFile)) ? casesFile : undefined;
  return { ...(await load(file, await textOf(file), tools)), tools, toolsKnown: true, casesFile: known };
}

/** The file itself, or the one of a folder. */
export async function policyFileIn(given: string): Promise<string> {
  const isFolder = await stat(given).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder ? join(given, 'policy.yaml') : given;
}

async function readAlone(file: string): Promise<PolicyFile> {
  const beside = file.replace(/\.ya?ml$/u, '.cases.yaml');
  const casesFile = beside !== file && (await exists(beside)) ? beside : undefined;
  return { ...(await load(file, await textOf(file), [])), tools: [], toolsKnown: false, casesFile };
}

async function load(file: string, text: string, tools: PolicyFile['tools']) {
  const loaded = loadPolicy(text, file, { tools, ...shellReaders });
  if (loaded.kind === 'invalid') throw new PolicyProblems(loaded.problems.map(formatProblem));
  return { file, text, loaded };
}

export interface LayerFlags {
  readonly organisation?: string | undefined;
  /** `name=file` each. */
  readonly team?: readonly string[] | undefined;
}

/** The pack's policy first, then what is above it. */
export async function readLayers(pack: PolicyFile, flags: LayerFlags): Promise<LayerPolicy[]> {
  const layers: LayerPolicy[] = [layerOf('pack', 'pack', pack)];
  if (flags.organisation !== undefined) {
    layers.push(layerOf('organisation', 'organisation', await readPolicyFile(flags.organisation)));
  }
  for (const given of flags.team ?? []) {
    const [, name = '', file = ''] = /^([a-z][a-z0-9-]{0,63})=(.+)$/u.exec(given) ?? [];
    if (name === '') {
      throw new CountersignError(
        'input-invalid',
        `Cannot read --team "${given}": it has another form, expected name=file; write --team sre=team.yaml`,
      );
    }
    layers.push(layerOf('team', name, await readPolicyFile(file)));
  }
  return layers;
}

function layerOf(layer: LayerPolicy['layer'], name: string, { loaded, text }: PolicyFile): LayerPolicy {
  return { layer, name, digest: digestText('body', text), policy: loaded.policy };
}

/** By its name, as it lies beside its policy: `policies/*.yaml` names both. */
export function isCasesFile(file: string): boolean {
  return /\.cases\.ya?ml$/u.test(file);
}

export async function readCasesFiles(files: readonly string[]): Promise<PolicyCase[]> {
  const problems: string[] = [];
  const cases: PolicyCase[] = [];
  for (const file of files) {
    const read = readCases(await textOf(file), file);
    if (read.kind === 'cases') cases.push(...read.cases);
    else problems.push(...read.problems.map(formatProblem));
  }
  if (problems.length > 0) throw new PolicyProblems(problems);
  return cases;
}

export function toolsByName(tools: readonly KnownTool[]): ReadonlyMap<string, KnownTool> {
  return new Map(tools.map((tool) => [tool.name, tool]));
}

/** Far more than any policy or file of cases has, bytes. */
const longestFile = 16_777_216;

/** What may not end, such as a device, is not read to its end. */
async function bytesOf(file: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of bytesOfFile(file)) {
      size += part.length;
      if (size > longestFile) break;
      parts.push(part);
    }
  } catch (error) {
    throw new CountersignError(
      'not-found',
      `Cannot read "${file}": ${messageOf(error)}, expected a file; check its path`,
    );
  }
  if (size <= longestFile) return Buffer.concat(parts);
  throw new CountersignError(
    'input-invalid',
    `Cannot read "${file}": it is longer than ${longestFile} bytes, expected a policy or its cases; check its path`,
  );
}

/** @throws {CountersignError} `not-found`, `input-invalid` */
export async function textOf(file: string): Promise<string> {
  const bytes = await bytesOf(file);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CountersignError(
      'input-invalid',
      `Cannot read "${file}": it is not UTF-8, expected text in UTF-8; save it so`,
    );
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
