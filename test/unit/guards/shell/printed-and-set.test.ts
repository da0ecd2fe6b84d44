/** Text that a command prints for a shell, and variables that something else sets: told exactly, or not taken for known (P1). */
import { describe, expect, test } from 'vitest';
import { classifyShell } from '../../../../guards/shell/index.ts';

describe('what is printed into a shell', () => {
  test.each([
    ['a format used once more for each value', String.raw`printf '%s\n' ls 'rm -rf x' | sh`],
    ['words of one command, printed with blanks', "printf '%s ' ls ';' rm -rf x | sh"],
    ['an escape that makes a conversion', String.raw`printf '\45\163' | sh`],
    ['escapes in a value', String.raw`printf 'ls #%b' '\nrm -rf x' | sh`],
    ['octal digits in a value', String.raw`printf 'ls #%b' '\12rm -rf x' | sh`],
    ['two octal digits', String.raw`printf 'ls #\12rm -rf x' | sh`],
    ['one hex digit', String.raw`printf 'ls #\xarm -rf x' | sh`],
    ['a code point', String.raw`printf 'ls #\u000arm -rf x' | sh`],
    ['one character of a value', "printf 'ls #%c rm -rf x' '\n' | sh"],
    ['a width from a value', "printf 'ls # %*s' 3 'x\nrm -rf x' | sh"],
    ['nothing of a value', `printf 'echo %.0s; rm -rf x #%s' "'" "'" | sh`],
    ['escapes that bash’s echo leaves alone', String.raw`echo 'echo \x27; rm -rf x; \x27' | bash`],
    ['the same in octal', String.raw`echo 'echo \047; rm -rf x; \047' | bash`],
    ['the same as it is told to', String.raw`echo -E 'echo \x27; rm -rf x; \x27' | bash`],
    ['hex that dash’s printf leaves alone', String.raw`printf 'echo \x27; rm -rf x; \x27' | sh`],
    ['a file for base64', 'echo bHM= | base64 -d script | sh'],
    ['a file for base64 by its long option', 'echo bHM= | base64 --decode script | sh'],
    ['a file for rev', 'echo sl | rev script | sh'],
    ['a file for xxd', 'echo 6c73 | xxd -r -p script | sh'],
    ['a dump with places', "echo '6c: 726d 2072 6620 78' | xxd -r | sh"],
  ])('%s is not silent', (_, script) => {
    expect(classifyShell(script).verdict).not.toBe('allow');
  });

  test.each([
    ["printf '%s %s' rm x | sh", 'destructive'],
    [String.raw`printf '%s\n' ls 'rm -rf x' | sh`, 'destructive'],
    [String.raw`printf '\162\155 x' | sh`, 'destructive'],
    ["printf 'ls %d%%' 7 | sh", 'read'],
    ['echo -n rm x | sh', 'destructive'],
    ['echo cm0geA== | base64 -d | sh', 'destructive'],
    ['echo 726d2078 | xxd -r -p | sh', 'destructive'],
    ["echo 'x mr' | rev | sh", 'destructive'],
    ['echo ls | sh', 'read'],
  ])('%s is %s', (script, wanted) => {
    expect(classifyShell(script).worst).toBe(wanted);
  });
});

describe('a variable that something else sets', () => {
  test.each([
    'c=ls; builtin read c <<< rm; $c x',
    'c=ls; command read c <<< rm; $c x',
    'c=ls; builtin -- read c <<< rm; $c x',
    'c=ls; builtin declare c=rm; $c x',
    'c=ls; command export c=rm; $c x',
    'c=ls; r=read; $r c <<< rm; $c x',
    "c=ls; read $'\\x63' <<< rm; $c x",
    "c=ls; trap 'c=rm' DEBUG; $c x",
    "c=ls; trap 'c=rm' ERR; false; $c x",
    "c=ls; trap 'read c' CHLD; $c x",
  ])('is not taken for what it was: %s', (script) => {
    expect(classifyShell(script).verdict).not.toBe('allow');
  });

  test.each(["c=ls; bash -c 'c=rm'; $c x", 'c=ls; env read c; $c x', "c=ls; trap 'echo $c' EXIT; $c x"])(
    'is what it was where a process of its own set it, or it was only read: %s',
    (script) => {
      expect(classifyShell(script).verdict).toBe('allow');
    },
  );
});
