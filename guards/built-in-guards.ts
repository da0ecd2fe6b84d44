/** The guards that are on by default, in the order in which they run, each with where it looks. */
import type { Finding } from '../core/contracts/labels.ts';
import { defineGuard, type Guard, type GuardInput } from './define-guard.ts';
import { findInjection } from './injection/find-injection.ts';
import { checkInput } from './input/check-input.ts';
import { checkPath } from './paths/check-path.ts';
import { findRedactions } from './secrets/find-redactions.ts';
import { findSecrets } from './secrets/find-secrets.ts';
import { shellFindings } from './shell/find-shell-findings.ts';
import { classifyShell } from './shell/index.ts';
import { checkUrl } from './url/check-url.ts';

/** Bytes of a run's text. */
export const largestInputBytes = 256 * 1024;
const mostArgumentFindings = 100;
/** UTF-16 units, so that a finding's fits. */
const longestPointer = 190;

export const builtInGuards: readonly Guard[] = [
  defineGuard({
    id: 'input',
    summary: 'size, control characters and ill-formed Unicode of what a run is given',
    at: ['beforeAgent'],
    check: ({ text }) => checkInput(text, { maximumBytes: largestInputBytes }),
  }),
  defineGuard({
    id: 'secrets',
    summary: 'secrets by their form and by name, and marks of secrets that were taken out',
    at: ['beforeAgent', 'beforeModel', 'afterModel', 'beforeTool', 'afterTool', 'afterAgent'],
    timeoutMs: 4000,
    check: async ({ text }) => [...(await findSecrets(text)), ...findRedactions(text)],
  }),
  defineGuard({
    id: 'injection',
    summary: 'text that gives orders to the model, hidden or not: a signal, never a wall',
    at: ['beforeAgent', 'beforeModel', 'beforeTool', 'afterTool'],
    check: ({ text }) => findInjection(text),
  }),
  defineGuard({
    id: 'shell',
    summary: 'every command of a shell script: read, write, network, opaque, privilege or destructive',
    at: ['beforeTool'],
    check: commandFindings,
  }),
  defineGuard({
    id: 'paths',
    summary: 'paths that climb out, hide something, or lead to secrets and devices',
    at: ['beforeTool'],
    check: (input) =>
      argumentFindings(
        input,
        /^(?:(?:path|file|filename|folder|dir)s?|director(?:y|ies))$|(?:_path|_file|Path|File)s?$/u,
        (text) => asQuestions(checkPath(text, { roots: ['/'] })),
      ),
  }),
  defineGuard({
    id: 'url',
    summary: 'URLs with other schemes, user information, unusual ports, hidden or private hosts',
    at: ['beforeTool'],
    check: (input) =>
      argumentFindings(input, /^(?:url|uri|endpoint|webhook|callback)s?$|(?:_url|_uri|Url|Uri)s?$/u, (text) =>
        asQuestions(checkUrl(text)),
      ),
  }),
];

/** What a shell will read, where a tool says that one does. Reads are no findings. */
function commandFindings({ tool, args }: GuardInput): Finding[] {
  return (tool?.commandArguments ?? []).flatMap((name) => {
    const value = args?.[name];
    if (value === undefined || value === null) return [];
    const scripts = Array.isArray(value) ? value.map(String) : [typeof value === 'string' ? value : ''];
    const argument = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`.slice(0, longestPointer);
    return scripts.flatMap((script, at) =>
      shellFindings(classifyShell(script)).flatMap(({ class: found, ...finding }) =>
        found === 'read' ? [] : [{ ...finding, argument: Array.isArray(value) ? `${argument}/${at}` : argument }],
      ),
    );
  });
}

/** Only the tool knows what it opens, and checks it there: here a person is asked. */
function asQuestions(findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => (finding.severity === 'critical' ? { ...finding, severity: 'high' } : finding));
}

function argumentFindings({ args }: GuardInput, names: RegExp, check: (text: string) => Finding[]): Finding[] {
  const findings: Finding[] = [];
  for (const [argument, text] of namedTexts(args ?? {}, names, false, '')) {
    findings.push(...check(text).map((finding) => ({ ...finding, argument })));
    // A list of thousands needs no more than that to be asked about.
    if (findings.length >= mostArgumentFindings) break;
  }
  return findings;
}

/** Texts under such a name, at any depth and in lists, each with its JSON pointer (RFC 6901). */
function* namedTexts(value: unknown, names: RegExp, named: boolean, pointer: string): Generator<[string, string]> {
  if (typeof value === 'string') {
    if (named) yield [pointer.length > longestPointer ? `${pointer.slice(0, longestPointer)}…` : pointer, value];
  } else if (Array.isArray(value)) {
    for (const [at, one] of value.entries()) yield* namedTexts(one, names, named, `${pointer}/${at}`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value))
      yield* namedTexts(one, names, names.test(name), `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
}
