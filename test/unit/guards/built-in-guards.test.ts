/** What the built-in guards look at in a call's arguments: at any depth, and each finding says of which argument it is. */
import { describe, expect, it } from 'vitest';
import { within } from '../../../activities/within.ts';
import { findingSchema } from '../../../core/contracts/labels.ts';
import { builtInGuards, runGuards } from '../../../guards/index.ts';

const tool = { name: 'work', effect: 'effect', tags: [], commandArguments: ['command', 'scripts'] } as const;
const findingsOf = async (args: Record<string, unknown>) =>
  (await runGuards(builtInGuards, 'beforeTool', { text: JSON.stringify(args), tool, args }, within)).findings;

describe('arguments of a call', () => {
  it.each([
    ['a path', { path: '../../etc/shadow' }, 'paths', '/path'],
    ['a path within', { from: { file_path: '../x' } }, 'paths', '/from/file_path'],
    ['one of several paths', { paths: ['a', '../x'] }, 'paths', '/paths/1'],
    ['one of several objects', { copies: [{ to: 'a' }, { path: '../x' }] }, 'paths', '/copies/1/path'],
    ['a URL within', { hook: { url: 'https://127.1/' } }, 'url', '/hook/url'],
    ['one of several URLs', { webhooks: ['https://a.example.com', 'http://localhost'] }, 'url', '/webhooks/1'],
    ['a command', { command: 'rm x' }, 'shell', '/command'],
    ['one of several scripts', { scripts: ['ls', 'rm x'] }, 'shell', '/scripts/1'],
    ['a name with the signs of a pointer', { 'a/b~c': { url: 'https://127.1/' } }, 'url', '/a~1b~0c/url'],
  ])('are looked at: %s', async (_name, args, guard, argument) => {
    const findings = (await findingsOf(args)).filter((finding) => finding.guard === guard);
    expect(findings.length).toBeGreaterThan(0);
    expect(new Set(findings.map((finding) => finding.argument))).toEqual(new Set([argument]));
    expect(findings.some(({ severity }) => severity === 'high')).toBe(true);
  });

  it('of other names, and harmless ones, are not', async () => {
    expect(await findingsOf({ note: '../x', paths: ['a', 'b/c'], url: 'https://example.com/' })).toEqual([]);
  });

  it('in thousands, or under names longer than a finding holds, give findings that fit', async () => {
    const many = await findingsOf({ paths: Array.from({ length: 5000 }, () => '../x') });
    expect(many.length).toBeLessThan(200);
    const long = await findingsOf({ ['x'.repeat(5000)]: { path: '../x' } });
    expect(long.length).toBeGreaterThan(0);
    for (const finding of [...many, ...long]) findingSchema.parse(finding);
  });
});
