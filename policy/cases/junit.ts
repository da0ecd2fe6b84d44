/** Results of cases as JUnit XML, which every CI shows. A text of a case cannot break out of its attribute. */
import type { CaseResult } from './run-cases.ts';

export function junitOf(suite: string, results: readonly CaseResult[]): string {
  const failures = results.filter(({ passed }) => !passed).length;
  const cases = results.map(({ case: one, passed, differences }) => {
    const head = `    <testcase name="${escaped(one.name)}" classname="${escaped(one.file)}" file="${escaped(one.file)}" line="${one.line}"`;
    if (passed) return `${head}/>`;
    const message = escaped(differences.join('; '));
    return `${head}>\n      <failure message="${message}">${message}</failure>\n    </testcase>`;
  });
  const counts = `name="${escaped(suite)}" tests="${results.length}" failures="${failures}" errors="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite ${counts}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
// What XML 1.0 cannot hold in any form.
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/gu;

function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(unwritable, '\ufffd')
    .replaceAll(/[&<>"']/gu, (character) => entities[character] ?? '')
    .replaceAll(/[\r\n\t]/gu, (character) => `&#${character.charCodeAt(0)};`);
}
