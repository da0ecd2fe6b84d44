/**
 * The guards of what is sent to the model: secrets redacted, hidden characters made visible, injections reported. A
 * guard that fails refuses. Findings never carry the span: they are about pieces whose offsets nobody can look up.
 */
import type { Finding } from '../../core/contracts/labels.ts';
import { failure } from './model-failure.ts';
import { showHidden } from './delimit.ts';

/** The secret guard. */
export type Redact = (text: string) => Promise<{ text: string; findings: Finding[] }>;
export type FindInjection = (text: string) => Finding[];

export interface TextGuards {
  redact: Redact;
  findInjection?: FindInjection | undefined;
}
export interface CleanText {
  text: string;
  findings: Finding[];
}

const maximumFindings = 50;

export async function cleanIncoming(guards: TextGuards, text: string): Promise<CleanText> {
  return await guarded(async () => {
    const redacted = await guards.redact(text);
    const shown = showHidden(redacted.text).toWellFormed();
    const findings = [...redacted.findings, ...(guards.findInjection?.(redacted.text) ?? [])];
    if (shown !== redacted.text) findings.push(hiddenCharacters);
    return { text: shown, findings };
  });
}

export async function cleanAnswer(guards: TextGuards, text: string): Promise<CleanText> {
  return await guarded(async () => {
    const redacted = await guards.redact(text.toWellFormed());
    return { text: redacted.text, findings: redacted.findings };
  });
}

export function reported(findings: readonly Finding[]): Finding[] {
  return findings.slice(0, maximumFindings).map((finding) => {
    const { span: _offsets, ...rest } = finding;
    return rest;
  });
}

const hiddenCharacters: Finding = {
  guard: 'model-input',
  rule: 'hidden-characters',
  severity: 'medium',
  message: 'control, bidirectional or invisible tag characters were made visible before the text was sent to the model',
  remedy: 'look at where the text came from before you approve what follows from it',
};

async function guarded<T>(check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch {
    // The guard's error may quote the text it stumbled over.
    throw failure('input-refused', 'Cannot check a text of the transcript: a guard failed, expected it to answer');
  }
}
