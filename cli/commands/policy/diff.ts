/** `countersign policy diff`: which verdicts change between two policies, and in which direction. */
import { z } from 'zod';
import { CountersignError, hasErrorCode } from '../../../core/errors.ts';
import { defineCommand } from '../../define-command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { countText } from '../../show/format.ts';
import { visible } from '../../terminal.ts';
import { defineLayerOptions, layerOptions } from '../../policy/layer-options.ts';

/** Beside the usual ones, for this command alone: so that a pipeline can ask for a second look. */
const loosensExit = 3;

export const policyDiff = defineCommand({
  usage: 'policy diff <before> <after>',
  summary: 'Compare two policies: verdicts that flip, pieces that changed; exit 3 where anything loosens',
  examples: [
    'policy diff main/policy.yaml policy.yaml --cases policy.cases.yaml',
    'policy diff old.yaml new.yaml --json',
  ],
  define: (command) => defineLayerOptions(command.option('--cases <files...>', 'calls to compare by')),
  options: z.object({ cases: z.array(z.string()).optional(), ...layerOptions }),
  async run({ terminal, json }, [before = '', after = ''], { cases: files, ...flags }) {
    const { readCasesFiles, readLayers, readPolicyFile, toolsByName } = await import(
      '../../policy/read-policy-files.ts'
    );
    const { comparePolicies, mayBeLooser } = await import('../../../policy/index.ts');
    const { diffCases } = await import('../../../policy/cases/index.ts');
    const [old, now] = await named([readPolicyFile(before), readPolicyFile(after)]);
    const beside = [...new Set([old.casesFile, now.casesFile])].filter((file) => file !== undefined);
    const [cases] = await named([readCasesFiles(files ?? beside)]);
    const defaults = { tools: toolsByName([...old.tools, ...now.tools]), now: 0 };
    const flips = diffCases(await readLayers(old, flags), await readLayers(now, flags), cases, defaults);
    const differences = comparePolicies(old.loaded.source, now.loaded.source);
    // Whoever changes a policy may change its cases: a piece that is looser by itself counts whatever they cover. Where the pieces do
    // not tell, the cases say; without any, only what is tighter for sure passes.
    const loosens =
      [...flips, ...differences].some(({ direction }) => direction === 'looser') ||
      (cases.length === 0 && mayBeLooser(differences));
    if (json) {
      const shown = flips.map(({ case: one, direction, before: was, after: is }) => {
        return { name: one.name, file: one.file, line: one.line, direction, before: was.verdict, after: is.verdict };
      });
      terminal.json({ loosens, cases: cases.length, flips: shown, differences });
    } else {
      for (const { case: one, direction, before: was, after: is } of flips) {
        const change = was.verdict === is.verdict ? `${was.verdict}, other terms` : `${was.verdict} → ${is.verdict}`;
        const colour = direction === 'looser' ? 'red' : 'green';
        terminal.result(
          `${terminal.style(colour, direction)} ${one.file}:${one.line}: ${visible(one.name)}: ${change}`,
        );
      }
      for (const { direction, path, what } of differences) {
        terminal.result(
          `  ${direction === 'unknown' ? 'changed' : direction} ${path === '' ? 'the file' : path}: ${what}`,
        );
      }
      const looser = flips.filter(({ direction }) => direction === 'looser').length;
      const pieces = `${countText(differences.length, 'piece')} ${differences.length === 1 ? 'differs' : 'differ'}`;
      terminal.talk(
        `${countText(cases.length, 'case')}: ${looser} looser, ${flips.length - looser} tighter; ${pieces}`,
      );
      if (cases.length === 0 && differences.length > 0)
        terminal.talk('without cases, whatever is not tighter for sure counts as looser');
    }
    return loosens ? loosensExit : exitCodes.done;
  },
});

/** A file that is not there is wrong usage here: the exit code of what is not there says "looser" in this command. */
async function named<T extends unknown[]>(reads: { [Index in keyof T]: Promise<T[Index]> }): Promise<T> {
  try {
    return await Promise.all(reads);
  } catch (error) {
    const isMissing = hasErrorCode(error, 'not-found');
    throw isMissing ? new CountersignError('input-invalid', error.message, { cause: error }) : error;
  }
}
