/** Patterns of names that say nothing but how deep: below a machine, a home or hidden folders they meet secrets, below the work they do not. */
import { expect, test } from 'vitest';
import { classifyShell } from '../../../../guards/shell/index.ts';

const verdictOf = (script: string): string => classifyShell(script).verdict;

test.each([
  'cat /*/*',
  'head -n 5 /*/*',
  'tail /*/*/*',
  'cat /???/*',
  'cat /[a-z]*/[a-z]*',
  'cat //*//*',
  'cat /e*/s*',
  'cat /e*/*',
  'cat /*/s*w',
  'cat /root/*/*',
  'cat ~/*/*',
  'cat "$HOME"/*/*',
  'cat /home/*/*',
  `cat ${'/home'}/anna/*/*/*`,
  'cat .*/*',
  'cat .[a-z]*/*',
  'cat ../.*/*',
  'cat .s*/*',
  'cat .a*/cred*',
  'cat ~/.d*/*',
  'for f in /*/*; do cat "$f"; done',
  'base64 /*/*',
  'cat < /*/*',
])('%s asks', (script) => expect(verdictOf(script)).toBe('ask'));

test.each([
  'ls /*/*',
  'ls -d ~/*/*',
  'cat */*',
  'cat src/*/*.ts',
  'cat */*/README.md',
  'wc -l */*.ts',
  'cat /srv/app/*/*.md',
  'cat .github/*/*',
  'cat /var/log/*/*.log',
  'cat /*.md',
  'cat ~/*.txt',
  'cat ~/a*',
  'cat e*/s*',
  'cat /u*/*.md',
  'cat /s*/a*/*.md',
])('%s reads', (script) => expect(verdictOf(script)).toBe('allow'));
