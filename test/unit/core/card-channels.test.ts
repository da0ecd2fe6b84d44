/** What each channel shows of a card: no channel's syntax is reached by what an agent wrote, and nothing is hidden. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { buildCard, cutInTheMiddle } from '../../../core/card/build-card.ts';
import { openJson } from '../../../core/card/editable-json.ts';
import { layOutCard } from '../../../core/card/lay-out-card.ts';
import { csvRow } from '../../../core/card/render-csv.ts';
import { escapeHtml, renderCardHtml } from '../../../core/card/render-html.ts';
import { escapeMrkdwn, renderCardSlack } from '../../../core/card/render-slack.ts';
import { renderCardText } from '../../../core/card/render-text.ts';
import { unlinked } from '../../../core/card/unlinked.ts';
import { whyNotShown } from '../../../core/card/why-not-shown.ts';
import type { Card } from '../../../core/contracts/approval.ts';
import { digestText } from '../../../core/digest.ts';
import { facts } from './card-facts.ts';

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
const clickable = /[a-z][a-z0-9+.-]*:\/\/|\bwww\.|(?:mailto|javascript):(?=\S)/i;

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
        const bare = shown.replaceAll(/&(?:amp|lt|gt);/g, '');
        expect(bare).not.toMatch(/[<>&*~`@#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:\S/);
        expect(shown).not.toMatch(clickable);
      }),
      { numRuns: 300 },
    );
  });

  test('mrkdwn: a notification reads as it was written', () => {
    const text = 'Waits for an answer: delete_old_database on local (risk critical)';
    expect(escapeMrkdwn(text)).toBe(text);
    expect(escapeMrkdwn(':tada: _so_ *it* is, a__b')).toBe(
      String.raw`\u{3A}tada: \u{5F}so\u{5F} \u{2A}it\u{2A} is, a\u{5F}\u{5F}b`,
    );
  });

  test('an argument called data is no address', () => {
    const text = canonicalJson({ data: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcd0123456789'.repeat(10) });
    expect(renderCardText(buildCard(facts({ arguments: text })))).toContain('UNINSPECTABLE /data: 400 characters');
    expect(unlinked('data:text/html,x')).toBe(String.raw`data\u{3A}text/html,x`);
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
