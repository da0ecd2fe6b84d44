/** What each channel shows of a card: no channel's syntax is reached by what an agent wrote, and nothing is hidden. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { buildCard, type CardFacts, cutInTheMiddle } from '../../../core/card/build-card.ts';
import { compareArguments } from '../../../core/card/compare-arguments.ts';
import { shortDigest } from '../../../core/card/digest-words.ts';
import { openJson } from '../../../core/card/editable-json.ts';
import { layOutCard } from '../../../core/card/lay-out-card.ts';
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
      target: words(text),
      dryRun: { ...words(text), ended: false },
      blastRadius: text.slice(0, 400),
      undo: text.slice(0, 400),
      rules: [{ id: text, reason: text }],
      findings: [
        { guard: 'g', rule: text, severity: 'high', message: text },
        { guard: 'untrusted-values', rule: 'r', severity: 'info', message: text, argument: '/text' },
      ],
    }),
  );
}

function words(text: string): NonNullable<Card['target']> {
  return {
    ended: true,
    text: cutInTheMiddle(text, 1500),
    length: text.length,
    digest: digestText('body', text),
    labels: ['untrusted'],
    findings: [{ guard: 'g', rule: text, severity: 'high', message: text }],
    at: 1_800_000_000_000,
  };
}

/** Everything that a card holds, as a channel is given it. */
const shownBy: Readonly<Record<string, (card: Card) => string>> = {
  terminal: renderCardText,
  html: renderCardHtml,
  slack: (card) => textsOf(renderCardSlack(card)).join('\n'),
  csv: (card) =>
    layOutCard(card)
      .map(({ label, text }) => csvRow([label, text]))
      .join('\n'),
};

function textsOf(blocks: unknown): string[] {
  if (typeof blocks !== 'object' || blocks === null) return [];
  return Object.entries(blocks).flatMap(([name, value]) =>
    name === 'text' && typeof value === 'string' ? [value] : textsOf(value),
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

/** Whatever a reader cannot see, or sees elsewhere than it stands; new lines are our own. */
const hiding = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/u;

describe('what an agent writes reaches no syntax', () => {
  test.each(Object.keys(shownBy))('%s: nothing hides or reorders, for any text in any field', (channel) => {
    fc.assert(
      fc.property(
        fc.oneof(
          hostileText,
          fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
        ),
        (text) => {
          expect(shownBy[channel]?.(hostileCard(text)).replaceAll('\n', '')).not.toMatch(hiding);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('webhook: nothing hides in what is sent, and it is read as the same card', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const card = hostileCard(text);
        const sent = openJson({ card });
        expect(sent).not.toMatch(hiding);
        expect(JSON.parse(sent)).toEqual({ card });
      }),
      { numRuns: 200 },
    );
  });

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

  test('Slack: no text is longer than Slack takes, and neither are all together', () => {
    for (const text of ['<&>'.repeat(2000), '\u202E'.repeat(400), 'x'.repeat(5000)]) {
      const texts = textsOf(renderCardSlack(hostileCard(text)));
      expect(Math.max(...texts.map(({ length }) => length))).toBeLessThanOrEqual(2900);
      expect(texts.join('').length).toBeLessThanOrEqual(10_150);
    }
  });

  test('Slack: what may be approved there stands there whole', () => {
    const long = fc.tuple(hostileText, fc.nat(40)).map(([text, times]) => text.repeat(times).slice(0, 900));
    let approvable = 0;
    fc.assert(
      fc.property(long, (text) => {
        const card = { ...hostileCard(text.toWellFormed()), environment: 'production' };
        if (whyNotShown(card, 'slack') !== undefined) return;
        approvable += 1;
        const shown = textsOf(renderCardSlack(card, { votes: { approvals: 0, quorum: 2 } })).join('\n');
        for (const line of layOutCard(card)) expect(shown).toContain(unlinked(line.text));
      }),
      { numRuns: 200 },
    );
    expect(approvable).toBeGreaterThan(20);
  });

  test('Slack: a finding that would fall off the end keeps the card from being approved there', () => {
    const findings = Array.from({ length: 20 }, (_, n) => {
      return { guard: 'g', rule: `r${n}`, severity: 'high' as const, message: 'm'.repeat(480) };
    });
    expect(whyNotShown(buildCard(facts({ findings })), 'slack')).toBe('it is too long for slack');
    expect(whyNotShown(buildCard(facts({ findings: findings.slice(0, 8) })), 'slack')).toBeUndefined();
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

describe('where values come from', () => {
  const hint = (argument: string) => ({
    guard: 'untrusted-values',
    rule: 'value-in-untrusted-text',
    severity: 'info' as const,
    message: `argument ${argument}: its value occurs in untrusted text (the result of call 1.0)`,
    argument,
  });
  const args = canonicalJson({ 'a/b': { to: ['DE44', 'a b'] }, ok: true });

  test('each value that untrusted text holds stands on a line of its own, right under the arguments', () => {
    const card = buildCard(facts({ arguments: args, findings: [hint('/a~1b/to/0'), hint('/a~1b/to/1')] }));
    const [, , first, second, next] = layOutCard(card);
    expect(first?.text).toBe(`${hint('/a~1b/to/0').message}: "DE44"`);
    expect(second?.text).toBe(`${hint('/a~1b/to/1').message}: "a b"`);
    expect([first?.label, second?.label, next?.label]).toEqual(['untrusted', 'untrusted', 'digest']);
    expect(layOutCard(card).filter(({ label }) => label === 'finding')).toEqual([]);
  });

  test('a place that is not in the arguments, or an own name of objects, shows no value', () => {
    for (const argument of ['/gone', '/a~1b/to/7', '/constructor/name', '/ok/x', '']) {
      const card = buildCard(facts({ arguments: args, findings: [hint(argument)] }));
      expect(layOutCard(card)[2]?.text).toBe(hint(argument).message);
    }
  });

  test('where nothing was found, the card says that this proves nothing; without untrusted text it says nothing', () => {
    const line = (labels: Card['labels']) => layOutCard(buildCard(facts({ labels })))[2];
    expect(line(['untrusted'])?.text).toContain('which proves nothing');
    expect(line(['operator'])?.label).toBe('digest');
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
