/**
 * The recommended rules of secretlint, as a second reader of the lines in which one of its families begins: over whole texts
 * they cost twenty times what ours do. Its `secretlint-disable` comments are switched off: the text is an attacker's. Its
 * messages repeat the secret and are dropped; only rule and range are kept.
 */
import { lintSource } from '@secretlint/core';
import { secretLintProfiler } from '@secretlint/profiler';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import type { SecretMatch } from './match.ts';

// It notes the time of every rule for every text, keeps all of it for ever, and takes longer than the rules.
secretLintProfiler.setEnabled(false);

const preset = '@secretlint/secretlint-rule-preset-recommend';
const config = {
  rules: [
    { id: preset, rule: creator, rules: [{ id: '@secretlint/secretlint-rule-filter-comments', disabled: true }] },
  ],
};

const anchors =
  'ops_ey A3T AKIA ASIA SECRET_ACCESS_KEY SecretAccessKey secret_access_key cfat_ cfut_ cfk_ mongodb mysql:// postgres dapi dckr_pat_ figd_ private_key ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- glc_ glsa_ gsk_ hvs. hvb. hvr. hf_ lin_api_ _authToken npm_ ntn_ sk- SG. shpat_ shpca_ shppa_ shpss_ xoxa- xoxb- xoxo- xoxp- xoxr- xapp- hooks.slack sk_live_ sk_test_ rk_live_ rk_test_ tskey- vcp_ vci_ vca_ vcr_ vck_ ftp://';
/** A line in which one of them stands is read. */
export const secretlintAnchors: readonly string[] = anchors.split(' ');

/** Characters that it reads of one text. Behind them our own rules read alone, so that no text makes a check slow. */
const mostRead = 16_384;
const longestLine = 4000;

interface Line {
  start: number;
  end: number;
}

/** @param lines as `lineReader` collected them of the same text */
export async function findBySecretlint(text: string, lines: readonly Line[]): Promise<SecretMatch[]> {
  const found: SecretMatch[] = [];
  for (const { start, end } of lines) {
    for (const { rule, ...match } of await readWithSecretlint(text.slice(start, end))) {
      const value = valueIn(text.slice(start + match.start, start + match.end));
      found.push({ rule, start: start + match.start + value.start, end: start + match.start + value.end });
    }
  }
  return found;
}

/** Collects the lines with an anchor, told in the order of the text; those that follow each other as one. */
export function lineReader(text: string, lines: Line[]): (at: number) => void {
  let read = 0;
  return (at) => {
    const last = lines.at(-1);
    if (read >= mostRead || (last && at < last.end)) return;
    const before = text.lastIndexOf('\n', at) + 1;
    const start = Math.max(before, at - longestLine, last?.end ?? 0);
    const after = text.indexOf('\n', at);
    const end = Math.min(after < 0 ? text.length : after + 1, at + longestLine);
    read += end - start;
    if (last?.end === start) last.end = end;
    else lines.push({ start, end });
  };
}

/**
 * Some of its rules take the name of a secret and the signs around it along. Only the value goes: what is left of JSON or of a file
 * of settings can still be read, and says what stood there.
 */
const named =
  /^\\{0,3}["']?[\w.-]{0,60}(?:key|token|secret|auth|pass(?:word|wd)?)\\{0,3}["']?\s{0,9}(?:=>|:=|[:=])(?!\/\/)\s{0,9}\\{0,3}["']?/i;
const closing = /\\{0,3}["']?[\s,;]{0,9}$/;

function valueIn(found: string): { start: number; end: number } {
  const start = named.exec(found)?.[0].length ?? 0;
  const end = start === 0 ? found.length : (closing.exec(found)?.index ?? found.length);
  return start < end ? { start, end } : { start: 0, end: found.length };
}

async function readWithSecretlint(text: string): Promise<SecretMatch[]> {
  // A hyphen less and no comment is one, should the rule above ever be renamed.
  const content = text.replaceAll('secretlint-', 'secretlint_');
  const { messages } = await lintSource({
    source: { content, filePath: 'text.txt', ext: '.txt', contentType: 'text' },
    options: { config, noPhysicFilePath: true },
  });
  return messages.map(({ ruleId, range: [start, end] }) => ({ rule: ruleName(ruleId), start, end }));
}

function ruleName(ruleId: string): string {
  const name = ruleId.slice(ruleId.lastIndexOf('/') + 1).replace('secretlint-rule-', '');
  return /^[a-z0-9-]{1,40}$/.test(name) ? name : 'secretlint';
}
