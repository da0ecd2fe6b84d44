/**
 * Reads an export, strictly: the one version it knows, each line in canonical form, kinds in their order, nothing twice,
 * nothing behind the signature. It computes the digest and verifies no signature: `replay-export.ts` does.
 */
import { z } from 'zod';
import { parseCanonicalJson } from '../../core/canonical-json.ts';
import {
  type ExportPart,
  type ExportPartKind,
  exportFormat,
  exportHeaderSchema,
  exportPartOrder,
  exportPartSchema,
  exportSignatureSchema,
  exportVersion,
  type SignedExport,
} from '../../core/contracts/export.ts';
import type { SignedVote } from '../../core/contracts/approval.ts';
import type { Look } from '../../core/contracts/look.ts';
import type { Telling } from '../../core/contracts/telling.ts';
import type { SignedControl } from '../../core/contracts/control.ts';
import type { SignedDecision } from '../../core/contracts/decision.ts';
import type { RegistryKey } from '../../core/contracts/envelope.ts';
import { digestJson, digestText } from '../../core/digest.ts';
import { CountersignError } from '../../core/errors.ts';
import type { LinkHistory } from '../history-source.ts';
import { createExportDigest } from './export-digest.ts';
import { historyOfParts, type LinkParts } from './history-of-parts.ts';
import { type Line, LineFault, readLines } from './read-lines.ts';

export type LedgerPart = Extract<ExportPart, { part: 'ledger' }>;

export interface ExportRead {
  workflowId: string;
  links: LinkHistory[];
  decisions: SignedDecision[];
  /** By their digest. */
  cards: Map<string, string>;
  votes: SignedVote[];
  looks: Look[];
  tellings: Telling[];
  controls: SignedControl[];
  ledger: LedgerPart[];
  /** By their digest. */
  bodies: Map<string, string>;
  keys: RegistryKey[];
  /** Not yet verified. */
  signed: SignedExport;
  /** Of the bytes that were read. */
  digest: string;
  /** That were read between header and signature. */
  parts: number;
  /** Parts that are named by their digest and do not stand where it puts them: of another digest than they were written with. */
  misplaced: { line: number; part: ExportPartKind }[];
}

/**
 * @param file its name, for messages
 * @throws {CountersignError} `export-invalid` with the line where reading stopped
 */
export async function readExport(chunks: AsyncIterable<Uint8Array>, file: string): Promise<ExportRead> {
  try {
    return await readParts(readLines(chunks));
  } catch (error) {
    if (error instanceof LineFault) throw invalid(file, error);
    throw error;
  }
}

async function readParts(lines: AsyncIterable<Line>): Promise<ExportRead> {
  const digest = createExportDigest();
  const reading = new Reading();
  let header: { workflowId: string } | undefined;
  let signed: SignedExport | undefined;
  let digestBefore = '';
  let last = 0;
  for await (const line of lines) {
    last = line.number;
    if (signed) throw new LineFault(line.number, 'something stands behind the signature');
    const value = valueOf(line);
    if (!header) {
      header = headerOf(value, line.number);
    } else if (partOf(value) === 'signature') {
      signed = parsed(exportSignatureSchema, value, line.number).export;
      digestBefore = digest.value();
    } else {
      reading.add(parsed(exportPartSchema, value, line.number), line.number);
    }
    digest.update(line.bytes);
  }
  if (!header) throw new LineFault(1, 'it is empty');
  if (!signed) throw new LineFault(last, 'it is the last line and no signature: the file was cut');
  const { links, ...rest } = reading.done();
  return {
    workflowId: header.workflowId,
    links: links.map(historyOfParts),
    ...rest,
    signed,
    digest: digestBefore,
    parts: reading.count,
  };
}

function valueOf({ number, text }: Line): unknown {
  const json = parseCanonicalJson(text);
  if (json.kind === 'value') return json.value;
  const what = number === 1 ? ' (the file is no export, or was written by another program)' : '';
  throw new LineFault(number, `${json.reason}${what}`);
}

const namedFormat = z.looseObject({ format: z.unknown(), version: z.unknown() });

function headerOf(value: unknown, line: number): { workflowId: string } {
  const read = exportHeaderSchema.safeParse(value).data;
  if (read) return read;
  const { format, version } = namedFormat.safeParse(value).data ?? {};
  if (format !== exportFormat) throw new LineFault(line, 'it is not the first line of an export');
  const found = typeof version === 'number' ? `version ${version}` : 'no version';
  if (version !== exportVersion) {
    throw new LineFault(line, `it has ${found}, and this program reads version ${exportVersion} alone`);
  }
  throw new LineFault(line, 'the header has another shape');
}

function partOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'part' in value ? value.part : undefined;
}

function parsed<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false; error: ShapeError } },
  value: unknown,
  line: number,
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const where = result.error.issues[0]?.path.join('.') ?? '';
  throw new LineFault(line, `it has another shape${where === '' ? '' : ` at "${where.slice(0, 100)}"`}`);
}

interface ShapeError {
  issues: { path: PropertyKey[] }[];
}

interface GatheredParts extends Omit<ExportRead, 'workflowId' | 'links' | 'signed' | 'digest' | 'parts'> {
  links: LinkParts[];
}

const namedByDigest: ReadonlySet<ExportPartKind> = new Set(['decision', 'card', 'vote', 'look', 'telling', 'body']);

/** Gathers parts, and refuses what is out of order or there twice. */
class Reading {
  count = 0;
  readonly #parts: GatheredParts = {
    links: [],
    decisions: [],
    cards: new Map(),
    votes: [],
    looks: [],
    tellings: [],
    controls: [],
    ledger: [],
    bodies: new Map(),
    keys: [],
    misplaced: [],
  };
  #seen = new Set<string>();
  #kind = 0;
  #before = '';

  add(part: ExportPart, line: number): void {
    this.count += 1;
    // An event belongs to the link above it, so the two kinds take turns.
    const kind = part.part === 'event' ? 0 : exportPartOrder.indexOf(part.part);
    if (kind < this.#kind)
      throw new LineFault(line, `a "${part.part}" stands behind a "${exportPartOrder[this.#kind]}"`);
    if (kind > this.#kind) {
      this.#before = '';
      this.#seen.clear();
    }
    this.#kind = kind;
    const place = this.#keep(part, line);
    if (place === null) return;
    const twice = this.#seen.has(place);
    this.#seen.add(place);
    if (place > this.#before) {
      this.#before = place;
    } else if (!twice && namedByDigest.has(part.part)) {
      // Changed where it stands, most likely: that is a finding about the record, and what it is follows from the checks.
      this.#parts.misplaced.push({ line, part: part.part });
    } else {
      throw new LineFault(line, `a "${part.part}" stands there twice or out of order`);
    }
  }

  done(): GatheredParts {
    return this.#parts;
  }

  /** @returns what the parts of a kind are ordered by; null for an event. */
  #keep(part: ExportPart, line: number): string | null {
    const parts = this.#parts;
    switch (part.part) {
      case 'link':
        parts.links.push({ linkRunId: part.linkRunId, events: [] });
        return part.linkRunId;
      case 'event': {
        const link = parts.links.at(-1);
        if (!link) throw new LineFault(line, 'an "event" stands before its "link"');
        link.events.push({ event: part.event, line });
        return null;
      }
      case 'decision':
        parts.decisions.push(part.decision);
        return digestJson('decision', part.decision);
      case 'card': {
        const digest = digestText('card', part.card);
        parts.cards.set(digest, part.card);
        return digest;
      }
      case 'vote':
        parts.votes.push(part.vote);
        return digestJson('vote', part.vote);
      case 'look':
        parts.looks.push(part.look);
        return digestJson('body', part.look);
      case 'telling':
        parts.tellings.push(part.telling);
        return digestJson('body', part.telling);
      case 'control':
        parts.controls.push(part.control);
        return ordinal(part.control.body.sequence);
      case 'ledger':
        parts.ledger.push(part);
        return ordinal(part.sequence);
      case 'body': {
        const digest = digestText('body', part.text);
        parts.bodies.set(digest, part.text);
        return digest;
      }
      case 'key':
        parts.keys.push(part.key);
        return part.key.kid;
    }
  }
}

/** A number as text of the same order. */
function ordinal(value: number): string {
  return String(value).padStart(16, '0');
}

function invalid(file: string, { line, message }: LineFault): CountersignError {
  return new CountersignError(
    'export-invalid',
    `Cannot read export "${file}": line ${line}: ${message}, expected a file that "countersign export" of this version wrote; export the run again, or read it with the version that wrote it`,
  );
}
