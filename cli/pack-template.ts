/** The text of a first agent pack, by file name. A test loads it as it is written. Pure. */
import { defaultPolicyText } from '../policy/index.ts';

export function packTemplate(
  agent: string,
): Readonly<Record<'agent.yaml' | 'policy.yaml' | 'policy.cases.yaml' | 'tools.ts', string>> {
  return {
    'agent.yaml': `# What the agent is. Reference: docs/tools.md and docs/policy.md
name: ${agent}
description: Keeps notes
instructions: |
  You keep the notes of a team. Read them before you add one. Say what you did.
  A refused call is final: do not try it again in other words.
model:
  name: gpt-5-mini
  # Most compatible servers (OPENAI_BASE_URL) speak chat-completions alone; their models have other names.
  api: responses
# Only these tools are within its reach; policy.yaml says when.
tools: [read_notes, add_note]
`,
    'policy.yaml': defaultPolicyText,
    'policy.cases.yaml': `# Calls and the verdicts that policy.yaml must give them: countersign policy test <this folder>
- { name: notes are read, call: { tool: read_notes, effect: read }, verdict: allow, rule: reads-allowed }
- { name: a note asks, call: { tool: add_note, args: { text: hello } }, verdict: ask, rule: changes-ask, terms: default }
- {
    name: what destroys asks for a reason as well,
    call: { tool: delete_notes },
    verdict: ask,
    rule: destructive-asks,
    terms: default+destructive,
  }
`,
    'tools.ts': `/** Tools of the agent ${agent}: what they do is up to you, whether they may is up to policy.yaml. */
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineTool } from 'countersign';
import { z } from 'zod';

const notes = join(import.meta.dirname, 'notes.txt');

export const tools = [
  defineTool({
    name: 'read_notes',
    description: 'Reads all notes, one a line',
    effect: 'read',
    parameters: z.strictObject({}),
    execute: () => readNotes(),
  }),
  defineTool({
    name: 'add_note',
    description: 'Adds a note',
    // It happens again each time it is called: the default policy asks a person first.
    effect: 'effect',
    risk: 'low',
    parameters: z.strictObject({ text: z.string().min(1).max(500).describe('The note, one line') }),
    // Shown to the approver, and read again right before the effect.
    targetState: async () => ({ notes: (await readNotes()).split('\\n').length - 1 }),
    execute: async ({ text }, { idempotencyKey }) => {
      await appendFile(notes, \`\${text.replaceAll('\\n', ' ')} [\${idempotencyKey.slice(-8)}]\\n\`);
      return 'added';
    },
    // After a crash in the middle: did it happen? Then nobody has to be asked.
    probe: async (_, { idempotencyKey }) =>
      (await readNotes()).includes(\`[\${idempotencyKey.slice(-8)}]\`) ? 'happened' : 'did-not-happen',
  }),
];

function readNotes(): Promise<string> {
  return readFile(notes, 'utf8').catch(() => '');
}
`,
  };
}
