/** The reader of exports: what it takes, and all that it refuses, with the line where it stopped. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createExportDigest } from '../../../audit/export/export-digest.ts';
import { LineFault, readLines } from '../../../audit/export/read-lines.ts';
import { readExport } from '../../../audit/export/read-export.ts';
import { writeExport } from '../../../audit/export/write-export.ts';
import { canonicalJson } from '../../../core/canonical-json.ts';
import type { ExportPart } from '../../../core/contracts/export.ts';
import { digestText } from '../../../core/digest.ts';
import { signerOf } from '../../../keys/index.ts';
import { loadRecorded } from '../../histories/recorded.ts';
import { chunksOf } from '../../support/exported.ts';
import { audience, issuedAt, testKey } from '../../vectors/samples.ts';

const recorded = loadRecorded('held');
const { workflowId } = recorded;

async function* parts(): AsyncGenerator<ExportPart> {
  for (const { linkRunId, history } of recorded.links) {
    yield { part: 'link', linkRunId };
    for (const event of (history as { events: Record<string, unknown>[] }).events) yield { part: 'event', event };
  }
  for (const text of ['one', 'two'].toSorted((a, b) => (digestText('body', a) < digestText('body', b) ? -1 : 1))) {
    yield { part: 'body', text };
  }
}

async function written(from: () => AsyncIterable<ExportPart> = parts): Promise<string> {
  const lines: Uint8Array[] = [];
  const { signed, bytes } = await writeExport({
    workflowId,
    parts: from(),
    signer: () => signerOf('export', testKey('export').privateKey),
    audience,
    clock: { now: () => issuedAt },
    write: async (line) => void lines.push(line),
  });
  const all = Buffer.concat(lines);
  expect(bytes).toBe(all.length);
  expect(signed.body.parts).toBe(all.toString('utf8').trimEnd().split('\n').length - 2);
  return all.toString('utf8');
}

async function read(text: string | Uint8Array, size?: number): ReturnType<typeof readExport> {
  return await readExport(chunksOf(Buffer.from(text as string), size), 'a.jsonl');
}

const text = await written();
const lines = text.trimEnd().split('\n');
const joined = (changed: readonly string[]): string => `${changed.join('\n')}\n`;
const replaced = (index: number, line: string): string => joined(lines.toSpliced(index, 1, line));

test('an export is read back as it was written, wherever its chunks end', async () => {
  for (const size of [1, 7, 4096, 1 << 20]) {
    const back = await read(text, size);
    expect(back.links.map(({ linkRunId }) => linkRunId)).toEqual(recorded.links.map(({ linkRunId }) => linkRunId));
    expect(back.signed.body).toEqual({ version: 1, workflowId, digest: back.digest, parts: back.parts });
    expect([...back.bodies.values()].toSorted()).toEqual(['one', 'two']);
  }
});

test('its digest is that of all bytes before the signature, as docs/export.md says', async () => {
  const digest = createExportDigest();
  digest.update(Buffer.from(joined(lines.slice(0, -1))));
  expect((await read(text)).digest).toBe(digest.value());
  expect(digest.value()).toBe(digestText('export', joined(lines.slice(0, -1))));
});

test('a part that does not stand where its digest puts it is read, and named with its line', async () => {
  const at = lines.findIndex((line) => line.includes('"part":"body"'));
  expect((await read(text)).misplaced).toEqual([]);
  const swapped = await read(joined(lines.toSpliced(at, 2, lines[at + 1] ?? '', lines[at] ?? '')));
  expect(swapped.misplaced).toEqual([{ line: at + 2, part: 'body' }]);
  expect(swapped.bodies.size).toBe(2);
});

describe('a file is refused, with its name and line:', () => {
  const header = (change: object): string =>
    replaced(0, canonicalJson({ ...(JSON.parse(lines[0] ?? '') as object), ...change }));
  const body = lines.findIndex((line) => line.includes('"part":"body"'));
  const first = lines.findIndex((line) => line.includes('"part":"event"'));
  const event = JSON.parse(lines[first] ?? '') as { event: Record<string, unknown> };
  const cases: [string, string | Uint8Array, RegExp][] = [
    ['an empty file', '', /line 1: it is empty/],
    ['one empty line', '\n', /line 1: it is not valid JSON/],
    ['a picture', Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), /line 1: it is not UTF-8/],
    ['text that is no JSON', 'hello\n', /line 1: it is not valid JSON \(the file is no export/],
    ['a JSON file of another program', '{"name":"x"}\n', /line 1: it is not the first line of an export/],
    ['a JSON file that is spread over lines', '{\n "name": "x"\n}\n', /line 1/],
    ['a byte order mark', `\uFEFF${text}`, /line 1/],
    ['Windows line ends', text.replaceAll('\n', '\r\n'), /line 1: it is not in canonical form/],
    ['a newer version', header({ version: 2 }), /line 1: it has version 2, and this program reads version 1 alone/],
    ['no version', header({ version: null }), /line 1: it has no version/],
    ['a header with a field more', header({ more: 1 }), /line 1: the header has another shape/],
    ['a file that was cut in the middle of a line', text.slice(0, text.length / 2), /no line end: the file was cut/],
    ['a file that was cut behind a line', joined(lines.slice(0, 9)), /line 9: it is the last line and no signature/],
    ['a file without its last line end', text.slice(0, -1), /no line end/],
    ['something behind the signature', `${text}{}\n`, /something stands behind the signature/],
    ['the signature twice', joined([...lines, lines.at(-1) ?? '']), /something stands behind the signature/],
    ['spaces', replaced(body, (lines[body] ?? '').replace(':', ': ')), /it is not in canonical form/],
    [
      'a key twice',
      replaced(body, (lines[body] ?? '').replace('}', ',"text":"other"}')),
      /it is not in canonical form/,
    ],
    [
      'a reserved key',
      replaced(first, canonicalJson(JSON.parse('{"event":{"__proto__":1},"part":"event"}'))),
      /reserved key/,
    ],
    ['an integer beyond 2^53', replaced(first, '{"event":{"a":9007199254740993},"part":"event"}'), /canonical form/],
    [
      'deep nesting',
      replaced(first, `{"event":{"a":${'['.repeat(99)}${']'.repeat(99)}},"part":"event"}`),
      /nested deeper/,
    ],
    ['a part of no known kind', replaced(body, '{"part":"extra"}'), /it has another shape at "part"/],
    ['a part with a field more', replaced(body, '{"more":1,"part":"body","text":"x"}'), /it has another shape/],
    ['a body twice', joined(lines.toSpliced(body, 0, lines[body] ?? '')), /stands there twice or out of order/],
    ['kinds out of order', joined(lines.toSpliced(1, 0, lines[body] ?? '')), /a "link" stands behind a "body"/],
    ['an event before its link', joined(lines.toSpliced(1, 0, lines[first] ?? '')), /stands before its "link"/],
    ['a link twice', joined(lines.toSpliced(1, 0, lines[1] ?? '')), /"link" stands there twice/],
    [
      'an event that is none',
      replaced(first, '{"event":{"eventId":"x y"},"part":"event"}'),
      new RegExp(`line ${first + 1}: `),
    ],
    [
      'an event with a field that this version does not know',
      replaced(first, canonicalJson({ part: 'event', event: { ...event.event, more: 'x' } })),
      new RegExp(`line ${first + 1}: the event has a field or a value that this version does not know`),
    ],
  ];
  test.each(cases)('%s', async (_name, changed, reason) => {
    await expect(read(changed)).rejects.toMatchObject({
      code: 'export-invalid',
      message: expect.stringMatching(/^Cannot read export "a\.jsonl": line \d+: .+, expected .+; .+/u) as string,
    });
    await expect(read(changed)).rejects.toThrow(reason);
  });
});

test('a line longer than the limit is refused before it is held, and so is a file', async () => {
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (let sent = 0; sent < 100; sent += 1) yield new Uint8Array(64).fill(0x61);
    throw new TypeError('it read on');
  };
  const drain = async (limits: { lineBytes: number; fileBytes: number }, from = endless()): Promise<void> => {
    for await (const { number } of readLines(from, limits)) expect(number).toBeGreaterThan(0);
  };
  await expect(drain({ lineBytes: 256, fileBytes: 1e9 })).rejects.toThrow(/longer than 256 bytes/);
  await expect(drain({ lineBytes: 1e9, fileBytes: 512 })).rejects.toThrow(/the file is longer than 512 bytes/);
  const whole = chunksOf(Buffer.from(`${'x'.repeat(300)}\n`), 1000);
  await expect(drain({ lineBytes: 256, fileBytes: 1e9 }, whole)).rejects.toThrow(LineFault);
});

test('a part that no reader would take is not written', async () => {
  const large = async function* (): AsyncGenerator<ExportPart> {
    yield { part: 'body', text: 'x'.repeat(33 * 1024 * 1024) };
  };
  await expect(written(large)).rejects.toMatchObject({ code: 'export-invalid' });
});

test('whatever bytes a file has, reading ends in a refusal and never in another fault', async () => {
  const byte = fc.record({ at: fc.nat(text.length - 1), to: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(fc.array(byte, { minLength: 1, maxLength: 4 }), async (changes) => {
      const bytes = Buffer.from(text);
      for (const { at, to } of changes) bytes[at] = to;
      const outcome = await read(bytes).then(
        ({ digest, signed }) => (digest === signed.body.digest ? 'the same' : 'another digest'),
        (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
      );
      // What still reads as signed differs in the signature line alone, which the signature check sees.
      const before = bytes.subarray(0, joined(lines.slice(0, -1)).length).toString('utf8');
      const untouched = before === joined(lines.slice(0, -1));
      const allowed = untouched
        ? ['the same', 'another digest', 'export-invalid']
        : ['another digest', 'export-invalid'];
      expect(allowed).toContain(outcome);
    }),
    { numRuns: 100 },
  );
});
