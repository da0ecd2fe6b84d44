/** architecture.md §3: gate.ts is the only caller of check-call and run-tool. Read off the source, so that a second road cannot be added unseen. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listRepositoryFiles, repositoryRoot } from '../../scripts/lint/repository-files.ts';

const product = listRepositoryFiles().filter((file) => file.endsWith('.ts') && !/^(test|scripts|bench)\//.test(file));

function filesThatSay(pattern: RegExp): string[] {
  return product.filter((file) => pattern.test(readFileSync(join(repositoryRoot, file), 'utf8')));
}

it('only the gate’s own files call check-call', () => {
  expect(filesThatSay(/\blocal\.checkCall\b/)).toEqual(['workflows/gate/check.ts']);
});

it('only the gate’s own files call run-tool', () => {
  expect(filesThatSay(/\.runTool\b/)).toEqual(['workflows/gate/execute-call.ts']);
});

it('only gate.ts uses the gate’s own files', () => {
  const users = filesThatSay(/from '\.\/gate\/|from '.*workflows\/gate\//);
  expect(users).toEqual(['workflows/gate.ts']);
});

it('only the composition root gives out the gate, the tools activity and the permit-signing key', () => {
  expect(filesThatSay(/\bcreateCheckCall\(\{/)).toEqual(['worker/compose-activities.ts']);
  expect(filesThatSay(/\bcreateRunTool\(\{/)).toEqual(['worker/compose-activities.ts']);
  expect(filesThatSay(/[sS]igner\([^)]*'decision'\)/)).toEqual(['worker/compose-activities.ts']);
});
