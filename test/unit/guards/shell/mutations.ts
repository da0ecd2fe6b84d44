/**
 * Ways to write a command differently that leave what it does as it is: quoting, spacing, wrappers, indirection, other
 * shells, encodings. Each takes a script and gives another one that does the same.
 */
export interface Mutation {
  readonly name: string;
  readonly apply: (script: string) => string;
}

const firstWord = /^[A-Za-z][\w.-]*/u;
const onFirst = (script: string, change: (word: string) => string): string => script.replace(firstWord, change);
const quoted = (script: string): string => `'${script.replaceAll("'", "'\\''")}'`;
/** Only a script of one plain line fits behind a wrapper or in front of another one. */
export const isPlain = (script: string): boolean =>
  firstWord.test(script) &&
  !/[|;&<>\n`]|\$\(/u.test(script) &&
  !/^(?:if|for|while|case|alias|trap|eval|exec|export|declare|read|set|mapfile|source|time|command|builtin)\b/u.test(
    script,
  );
const octal = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** For every script. */
export const anyScript: readonly Mutation[] = [
  { name: 'sh -c', apply: (script) => `sh -c ${quoted(script)}` },
  { name: 'bash -lc', apply: (script) => `bash -lc ${quoted(script)}` },
  { name: 'a shell by its path', apply: (script) => `/bin/bash -c ${quoted(script)}` },
  { name: 'eval', apply: (script) => `eval ${quoted(script)}` },
  { name: 'a subshell', apply: (script) => `( ${script}\n)` },
  { name: 'a group', apply: (script) => `{ ${script}\n}` },
  { name: 'behind a command', apply: (script) => `ls; ${script}` },
  { name: 'behind a new line', apply: (script) => `ls\n${script}` },
  { name: 'behind and', apply: (script) => `true && { ${script}\n}` },
  { name: 'behind or', apply: (script) => `false || { ${script}\n}` },
  { name: 'in a condition', apply: (script) => `if true; then\n${script}\nfi` },
  { name: 'in a loop', apply: (script) => `for i in 1; do\n${script}\ndone` },
  { name: 'as a condition', apply: (script) => `while { ${script}\n}; do break; done` },
  { name: 'in a substitution', apply: (script) => `echo "$(${script}\n)"` },
  { name: 'in a process substitution', apply: (script) => `cat <(${script}\n)` },
  { name: 'in a function', apply: (script) => `f() {\n${script}\n}; f` },
  { name: 'in a trap', apply: (script) => `trap ${quoted(script)} EXIT` },
  { name: 'in the background', apply: (script) => `{ ${script}\n} &` },
  { name: 'a here-document for a shell', apply: (script) => `bash <<'END_OF_IT'\n${script}\nEND_OF_IT` },
  { name: 'a here-string for a shell', apply: (script) => `sh <<< ${quoted(script)}` },
  { name: 'printed into a shell', apply: (script) => `printf '%s\\n' ${quoted(script)} | sh` },
  { name: 'base64 into a shell', apply: (script) => `echo ${base64(script)} | base64 -d | bash` },
  { name: 'with its output thrown away', apply: (script) => `{ ${script}\n} >/dev/null 2>&1` },
  { name: 'ssh', apply: (script) => `ssh host ${quoted(script)}` },
  { name: 'python', apply: (script) => `python3 -c ${quoted(`import os; os.system(${JSON.stringify(script)})`)}` },
  { name: 'watch', apply: (script) => `watch -n 1 ${quoted(script)}` },
  { name: 'su -c', apply: (script) => `su root -c ${quoted(script)}` },
  { name: 'perl', apply: (script) => `perl -e ${quoted(`system(q\u0001${script}\u0001)`)}` },
  { name: 'awk', apply: (script) => `awk ${quoted(`BEGIN { system(${JSON.stringify(script)}) }`)}` },
  { name: 'xargs and a shell', apply: (script) => `echo x | xargs -I{} sh -c ${quoted(script)}` },
  { name: 'find and a shell', apply: (script) => `find . -maxdepth 0 -exec sh -c ${quoted(script)} \\;` },
  { name: 'hex into a shell', apply: (script) => `echo ${Buffer.from(script).toString('hex')} | xxd -r -p | sh` },
  { name: 'octal digits into a shell', apply: (script) => `printf '${octal(script)}' | sh` },
  { name: 'a here-document through cat', apply: (script) => `cat <<'END_OF_IT' | sh\n${script}\nEND_OF_IT` },
  { name: 'sourced', apply: (script) => `. <(printf '%s' ${quoted(script)})` },
  { name: 'an alias', apply: (script) => `shopt -s expand_aliases\nalias zz=${quoted(script)}\nzz` },
  { name: 'a branch of a case', apply: (script) => `case x in x)\n${script}\n;; esac` },
  { name: 'an element of a list', apply: (script) => `a=(${quoted(script)}); eval "\${a[0]}"` },
  { name: 'a variable by another one', apply: (script) => `y=${quoted(script)}; x=y; eval "\${!x}"` },
  { name: 'in a value that is missing', apply: (script) => `echo "\${x:-$(${script}\n)}"` },
  { name: 'in a subscript', apply: (script) => `: $(( a[$(${script}\n)] ))` },
  { name: 'kubectl exec', apply: (script) => `kubectl exec pod -- sh -c ${quoted(script)}` },
  { name: 'docker exec', apply: (script) => `docker exec box sh -c ${quoted(script)}` },
  { name: 'a variable for a shell', apply: (script) => `x=${quoted(script)}; sh -c "$x"` },
];

/** For a script that is one command. */
export const oneCommand: readonly Mutation[] = [
  { name: 'single quotes', apply: (script) => onFirst(script, (word) => `'${word}'`) },
  { name: 'double quotes', apply: (script) => onFirst(script, (word) => `"${word}"`) },
  { name: 'a quote inside', apply: (script) => onFirst(script, (word) => `${word[0]}''${word.slice(1)}`) },
  { name: 'a backslash', apply: (script) => `\\${script}` },
  {
    name: 'ANSI-C quotes',
    apply: (script) => onFirst(script, (word) => `$'\\x${word.charCodeAt(0).toString(16)}${word.slice(1)}'`),
  },
  { name: 'a continued line', apply: (script) => onFirst(script, (word) => `${word[0]}\\\n${word.slice(1)}`) },
  { name: 'tabs for blanks', apply: (script) => `\t${script.replace(' ', '\t\t')}` },
  { name: 'a folder', apply: (script) => `/usr/bin/${script}` },
  { name: 'a variable', apply: (script) => onFirst(script, (word) => `c=${word}; $c`) },
  { name: 'two variables', apply: (script) => onFirst(script, (word) => `a=${word[0]}; b=${word.slice(1)}; $a$b`) },
  { name: 'a substitution for its name', apply: (script) => onFirst(script, (word) => `$(echo ${word})`) },
  { name: 'sudo', apply: (script) => `sudo -n ${script}` },
  { name: 'sudo -u', apply: (script) => `sudo -u root -- ${script}` },
  { name: 'env', apply: (script) => `env A=1 ${script}` },
  { name: 'env -i', apply: (script) => `env -i ${script}` },
  { name: 'a variable before it', apply: (script) => `A=1 ${script}` },
  { name: 'nohup', apply: (script) => `nohup ${script}` },
  { name: 'timeout', apply: (script) => `timeout -k 5 30 ${script}` },
  { name: 'nice', apply: (script) => `nice -n 10 ${script}` },
  { name: 'ionice', apply: (script) => `ionice -c 3 ${script}` },
  { name: 'stdbuf', apply: (script) => `stdbuf -o0 ${script}` },
  { name: 'setsid', apply: (script) => `setsid ${script}` },
  { name: 'time', apply: (script) => `time ${script}` },
  { name: 'command', apply: (script) => `command ${script}` },
  { name: 'exec', apply: (script) => `exec ${script}` },
  { name: 'busybox', apply: (script) => `busybox ${script}` },
  { name: 'xargs', apply: (script) => `echo x | xargs ${script}` },
  { name: 'find -exec', apply: (script) => `find . -maxdepth 0 -exec ${script} \\;` },
  { name: 'negated', apply: (script) => `! ${script}` },
];
