/**
 * The recommended rules of secretlint. Its `secretlint-disable` comments are switched off: the text is an attacker's. Its
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

export async function findBySecretlint(text: string): Promise<SecretMatch[]> {
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
