/**
 * What a `find` looks for, by its tests and where it starts: a place of secrets that it names, or files whose names may be those of
 * secrets. Which files there are nobody knows here; a pattern that cannot be read fits.
 */
import { fitsSecretName, type NameTest } from './file-patterns.ts';
import { holdsMuch, holdsSecrets, isWholeFolder, plainPath, secretSamples } from './paths.ts';
import { type Arg, hole, literal, outside } from './words.ts';

export const runs: ReadonlySet<string> = new Set(['-exec', '-execdir', '-ok', '-okdir']);

const namesFiles = /^-i?(?:name|path|wholename|regex)$/u;

/** Of few files, whatever they are called; so are those of the last hour or day. */
const narrows = /^-(?:empty|inum|samefile|lname|ilname|links)$/u;
const lately = /^-(?:[acm]min -\d{1,2}|[acm]time -[01])$/u;
const isOr = /^(?:-o|-or|,)$/u;

/** What a folder of work has, and what people look for by a piece of its name. */
const ofProjects = [
  './.env',
  './id_rsa',
  './.bash_history',
  './shadow',
  './gshadow',
  './environ',
  './terraform.tfstate',
];
/** @param pattern of names of files, as of `grep --include` */
export function fitsProjectSecret(pattern: string): boolean {
  return fitsSecretName([{ text: pattern, how: 'name' }], ofProjects);
}

/** Fewer letters of a pattern say nothing of what is meant. */
const tellingLetters = 3;

/**
 * Whether what it lists may be where secrets lie, for whoever prints those files: all of the folder it works in or of another one of
 * its own (`/srv/app`), `.env` as well, or what fits the name of a secret where it looks through a machine, a home or a folder that is known only when it runs.
 */
export function reachesSecrets(args: readonly Arg[], folders: readonly string[]): boolean {
  const own = ownTests(args);
  const starts = startsOf(own);
  const isWide =
    starts.some(({ text }) => isWideStart(text)) ||
    (starts.length === 0 ? [literal('.')] : starts).some(({ text }) => holdsMuch(text, folders));
  const isWhole = starts.length === 0 || starts.some(({ text }) => isWholeFolder(text));
  return alternatives(own).some((tests) => {
    if (tests.some(({ text }, at) => narrows.test(text) || lately.test(`${text} ${tests[at + 1]?.text ?? ''}`)))
      return false;
    const names = namesOf(tests);
    if (isWide) return names.length === 0 || fitsSecretName(names, secretSamples);
    if (isWhole) return fitsSecretName(names, ofProjects);
    return (
      names.some(({ text }) => text.replaceAll(/[^a-z]/giu, '').length >= tellingLetters) &&
      fitsSecretName(names, ofProjects)
    );
  });
}

/** All above the folder it works in, or any folder. */
function isWideStart(text: string): boolean {
  return /^\.\.(?:\/\.\.)*$/u.test(plainPath(text)) || [hole, outside].includes(text.replace(/\/+$/u, ''));
}

/** Each side of an `-o` finds its own; what is pruned is not found. */
function alternatives(own: readonly Arg[]): Arg[][] {
  const all: Arg[][] = [[]];
  for (const arg of own) {
    if (isOr.test(arg.text) && arg.known) all.push([]);
    else all.at(-1)?.push(arg);
  }
  return all.filter(
    (tests) => !tests.some(({ text }) => text === '-prune') || tests.some(({ text }) => text.startsWith('-print')),
  );
}

/** A pattern of names, as files with secrets are called. */
const secretsName =
  /^\*?(?:id_(?:rsa|dsa|ecdsa|ed25519|\*)|(?:rsa|dsa|ecdsa|ed25519)\*?$)|secret|credential|passw|private.?key|api.?key|tfstate/iu;

/** A place of secrets that it looks in or for; all of a machine or a home, where no name says what is looked for. */
export function secretsIn(args: readonly Arg[], folders: readonly string[]): string | undefined {
  const own = ownTests(args);
  const starts = startsOf(own);
  const names = namesOf(own);
  const looked = names.find(
    ({ text }) => holdsSecrets(text.replaceAll('\\', ''), /^\.\w/u.test(text)) || secretsName.test(text),
  );
  if (looked) return './id_rsa';
  const start = starts.find(({ text, glob }) => holdsSecrets(text, glob, folders));
  if (start) return './id_rsa';
  return names.length === 0 &&
    (starts.length === 0 ? [literal('.')] : starts).some(({ text }) => holdsMuch(text, folders))
    ? './id_rsa'
    : undefined;
}

/** What stands before the first command that it runs. */
function ownTests(args: readonly Arg[]): readonly Arg[] {
  const actions = args.findIndex(({ text }) => runs.has(text));
  return actions < 0 ? args : args.slice(0, actions);
}

function startsOf(own: readonly Arg[]): readonly Arg[] {
  const end = own.findIndex(({ text }) => /^[-(!]/u.test(text));
  return own.slice(0, end < 0 ? own.length : end).filter(({ text }, at) => at > 0 || !/^-[HLP]$/u.test(text));
}

/** What files must be called. */
function namesOf(own: readonly Arg[]): NameTest[] {
  const names: NameTest[] = [];
  for (const [at, { text: test }] of own.entries()) {
    const tested = own[at + 1];
    if (!tested || !namesFiles.test(test) || own[at - 1]?.text === '!' || own[at - 1]?.text === '-not') continue;
    names.push({
      text: tested.text,
      how: test.endsWith('name') && !test.includes('whole') ? 'name' : test.endsWith('regex') ? 'search' : 'path',
    });
  }
  return names;
}
