/** What each channel shows of a card: no channel's syntax is reached by what an agent wrote, and nothing is hidden. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { buildCard, type CardFacts } from '../../../core/card/build-card.ts';
import { compareArguments } from '../../../core/card/compare-arguments.ts';
import { shortDigest } from '../../../core/card/digest-words.ts';
import { csvRow } from '../../../core/card/render-csv.ts';
import { escapeHtml, renderCardHtml } from '../../../core/card/render-html.ts';
import { escapeMrkdwn, renderCardSlack } from '../../../core/card/render-slack.ts';
import { renderCardText } from '../../../core/card/render-text.ts';
import { unlinked } from '../../../core/card/unlinked.ts';
import { whyNotShown } from '../../../core/card/why-not-shown.ts';
import type { Card } from '../../../core/contracts/approval.ts';
import { digestJson, digestText } from '../../../core/digest.ts';

function facts(changes: Partial<CardFacts> = {}): CardFacts {
  const canonicalArguments = changes.arguments ?? '{"service":"web"}';
  return {
    approvalId: 'run-1/1.0/1',
    kind: 'call',
    agent: 'ops',
    tool: 'restart_service',
    toolDescription: 'Restarts a service',
    effect: 'effect',
    arguments: canonicalArguments,
    argumentsDigest: digestText('arguments', canonicalArguments),
    requester: 'alice',
    onBehalfOf: null,
    environment: 'production',
    risk: 'high',
    rules: [],
    findings: [],
    labels: ['untrusted'],
    targetState: null,
    deadlineAt: 1_800_000_060_000,
    executeWithinMs: 300_000,
    ...changes,
  };
}

function hostileCard(text: string): Card {
  return buildCard(
    facts({
      arguments: canonicalJson({ text }),
      agent: text,
      environment: text,
      toolDescription: text,
      targetState: text,
      blastRadius: text.slice(0, 400),
      undo: text.slice(0, 400),
      rules: [{ id: text, reason: text }],
      findings: [{ guard: 'g', rule: text, severity: 'high', message: text }],
    }),
  );
}

/** Pieces of every channel's syntax, and of what hides. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        '<!channel>',
        '<https://evil.example|Approve>',
        '<@U123>',
        '&lt;',
        '*bold*',
        '`code`',
        '```',
        'https://evil.example/x',
        'HTTP://evil.example',
        'www.evil.example',
        'mailto:a@evil.example',
        'javascript:alert(1)',
        '<img src=x onerror=alert(1)>',
        '</pre><script>alert(1)</script>',
        '"><a href="//evil.example">',
        '=cmd|calc!A1',
        '@SUM(1)',
        '\u202E',
        '\u200B',
        '\u001b]8;;https://evil.example\u0007',
        '\n',
        '\t',
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''))
  .filter((text) => text.isWellFormed());

/** Everything that an HTML parser would take for markup, with our own elements taken away. */
const ownMarkup = /<\/?(?:article|h2|dl|div|dt|dd|pre)(?: class="[a-z]+")?>/g;
const clickable = /[a-z][a-z0-9+.-]*:\/\/|\bwww\.|mailto:|javascript:/i;

describe('what an agent writes reaches no syntax', () => {
  test('HTML: no element and no attribute comes of it', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const rest = renderCardHtml(hostileCard(text)).replaceAll(ownMarkup, '');
        expect(rest).not.toMatch(/[<>"'`]/);
        expect(rest.replaceAll(/&#\d+;/g, '')).not.toContain('&');
      }),
      { numRuns: 200 },
    );
  });

  test('Slack: every value is text of a preformatted element, and nothing there is a link', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const blocks = renderCardSlack(hostileCard(text));
        const [header, ...rest] = blocks;
        expect(header).toMatchObject({ type: 'header', text: { type: 'plain_text', emoji: false } });
        for (const block of rest) {
          expect(block).toEqual({
            type: 'rich_text',
            elements: [
              {
                type: 'rich_text_preformatted',
                border: 0,
                elements: [{ type: 'text', text: expect.any(String) as unknown }],
              },
            ],
          });
        }
        expect(JSON.stringify(blocks)).not.toMatch(clickable);
      }),
      { numRuns: 200 },
    );
  });

  test('Slack: no text is longer than Slack takes', () => {
    const card = hostileCard('<&>'.repeat(2000));
    for (const block of renderCardSlack(card)) {
      const [text = ''] = JSON.stringify(block).match(/"text":"(?:[^"\\]|\\.)*"/g) ?? [];
      expect(text.length).toBeLessThan(3200);
    }
  });

  test('mrkdwn: no mention, link, entity or formatting comes of it', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const shown = escapeMrkdwn(text);
        expect(shown.replaceAll(/&(?:amp|lt|gt);/g, '')).not.toMatch(/[<>&*_~`@#]/);
        expect(shown).not.toMatch(clickable);
      }),
      { numRuns: 300 },
    );
  });

  test('terminal: no control character, no second line, nothing to click', () => {
    const plain = renderCardText(hostileCard('x')).split('\n').length;
    fc.assert(
      fc.property(hostileText, (text) => {
        const shown = renderCardText(hostileCard(text));
        expect(shown.split('\n')).toHaveLength(plain);
        expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        expect(shown).not.toMatch(clickable);
      }),
      { numRuns: 200 },
    );
  });

  test('CSV: a cell is one quoted cell, and none begins as a formula', () => {
    fc.assert(
      fc.property(fc.array(hostileText, { minLength: 1, maxLength: 4 }), (cells) => {
        const row = csvRow(cells);
        expect(row).not.toMatch(/[\r\n]/);
        const read = [...row.matchAll(/"((?:[^"]|"")*)"(?:,|$)/g)].map(([, cell = '']) => cell.replaceAll('""', '"'));
        expect(read).toHaveLength(cells.length);
        for (const cell of read) expect(cell).not.toMatch(/^\s*[=+\-@|%]/);
      }),
      { numRuns: 300 },
    );
  });

  test.each(['=1+1', '+1', '-1', '@x', ' =1', '"=1', '\uFF1D1', '\t=1', '|x'])('CSV: %j is no formula', (cell) => {
    expect(csvRow([cell])).toMatch(/^"(?:'|\\t)/);
  });

  test('an escaped attribute value ends nowhere early', () => {
    expect(escapeHtml(`"'<>&\``)).toBe('&#34;&#39;&#60;&#62;&#38;&#96;');
  });

  test('an address stays readable', () => {
    expect(unlinked('see https://evil.example or www.evil.example')).toBe(
      String.raw`see https:\u{2F}/evil.example or www\u{2E}evil.example`,
    );
  });
});

describe('what cannot be judged by reading', () => {
  const bytes = Array.from({ length: 300 }, (_, index) => (index * 7919 + 13) % 256);
  const base64 = Buffer.from(bytes).toString('base64');

  test.each([
    ['base64', base64],
    ['base64', `run this: ${base64}`],
    ['hex', Buffer.from(bytes).toString('hex')],
    ['hidden-characters', 'a\u200B'.repeat(100)],
  ] as const)('%s is named with path, length and digest', (why, text) => {
    const card = buildCard(facts({ arguments: canonicalJson({ list: [{ 'a/b': text }] }) }));
    expect(card.opaque).toEqual([{ path: '/list/0/a~1b', why, length: text.length, digest: digestText('body', text) }]);
    expect(renderCardText(card)).toContain('UNINSPECTABLE');
  });

  test('what hides in the name of an argument is named too', () => {
    const card = buildCard(facts({ arguments: canonicalJson({ [base64]: 1 }) }));
    expect(card.opaque?.[0]?.path).toBe(' (a name)');
  });

  test.each([
    'The quick brown fox jumps over the lazy dog, and over the next one as well, until the line is long enough to count.',
    '0'.repeat(500),
    'a'.repeat(500),
    'f3a1'.repeat(16),
    'Привет, мир! '.repeat(30),
    '/usr/local/share/some/very/long/path/'.repeat(6),
    'first-second-third-fourth-fifth-'.repeat(8),
  ])('ordinary text is not: %s', (text) => {
    expect(buildCard(facts({ arguments: canonicalJson({ text }) })).opaque).toBeUndefined();
  });

  test('an approval needs a channel that shows the card whole', () => {
    const short = buildCard(facts());
    const opaque = buildCard(facts({ arguments: canonicalJson({ base64 }) }));
    const body = digestJson('body', 'x');
    const long = canonicalJson({ text: 'word '.repeat(2000) });
    const cut = buildCard(facts({ arguments: long, argumentsBody: body }));
    const lost = buildCard(facts({ arguments: long }));
    const justTooLong = buildCard(facts({ arguments: canonicalJson({ text: 'word '.repeat(700) }) }));
    const channels = ['api', 'terminal', 'web', 'slack', 'webhook'] as const;
    const able = (card: Card) => channels.filter((channel) => whyNotShown(card, channel) === undefined);
    expect(able(short)).toEqual(channels);
    expect(able(opaque)).toEqual(['api', 'terminal', 'web']);
    expect(able(cut)).toEqual(['api', 'terminal', 'web']);
    expect(able(justTooLong)).toEqual(['api', 'terminal', 'web', 'webhook']);
    expect(able(lost)).toEqual([]);
    expect(renderCardText(lost)).toContain('UNINSPECTABLE');
  });
});

describe('what the approver compares', () => {
  test('a digest is four words and eight digits, and another digest others', () => {
    const one = shortDigest(digestJson('card', 1));
    expect(one).toMatch(/^(?:[a-z]+-){3}[a-z]+ [0-9a-f]{8}$/);
    expect(shortDigest(digestJson('card', 2))).not.toBe(one);
  });

  test('arguments are compared value by value, in both directions', () => {
    expect(compareArguments('{"a":1,"b":{"c":[1,2]},"gone":true}', '{"a":2,"b":{"c":[1]},"new":null}')).toEqual({
      changes: [
        { path: '/a', before: '1', after: '2' },
        { path: '/b/c/1', before: '2', after: null },
        { path: '/new', before: null, after: 'null' },
        { path: '/gone', before: 'true', after: null },
      ],
      more: 0,
    });
  });

  test('no difference is none, and only then', () => {
    const json = fc.jsonValue();
    fc.assert(
      fc.property(json, json, (before, after) => {
        const [one, other] = [JSON.stringify({ x: before }), JSON.stringify({ x: after })];
        const same = canonicalJson(JSON.parse(one)) === canonicalJson(JSON.parse(other));
        expect(compareArguments(one, other).changes.length === 0).toBe(same);
      }),
      { numRuns: 300 },
    );
  });

  test('many and long differences are counted and cut', () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`k${index}`, 'v'.repeat(1000)]));
    const { changes, more } = compareArguments('{}', JSON.stringify(many));
    expect([changes.length, more]).toEqual([20, 10]);
    expect(changes[0]?.after?.length).toBeLessThan(240);
  });

  test('the changes, the time left and the votes so far stand on the card', () => {
    const text = renderCardText(buildCard(facts({ blastRadius: 'one service', undo: 'start it again' })), {
      now: 1_800_000_000_000,
      cardDigest: digestJson('card', 1),
      votes: { approvals: 1, quorum: 2 },
      spent: { calls: 3, inputTokens: 20, outputTokens: 5 },
      lastApproved: {
        approvalId: 'run-0/1.0/1',
        at: 1_700_000_000_000,
        by: ['bob'],
        changes: [{ path: '/service', before: '"db"', after: '"web"' }],
        more: 0,
      },
    });
    expect(text).toContain('(60 s left); silence denies');
    expect(text).toContain('1 of 2 approvals so far');
    expect(text).toContain('3 calls, 20 tokens read, 5 written');
    expect(text).toContain('/service: "db" → "web"');
    expect(text).toContain('approved by bob at 2023-11-14T22:13:20.000Z');
    expect(text).toContain('can hit     one service');
    expect(text).toContain('undone by   start it again');
    expect(text).toContain(shortDigest(digestJson('card', 1)));
  });
});
