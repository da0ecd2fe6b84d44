/** What of many findings is judged and recorded: nothing that decides is crowded out. */
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { worstFindings } from '../../../activities/worst-findings.ts';
import type { Finding } from '../../../core/contracts/labels.ts';

const finding = (guard: string, severity: Finding['severity'], rule = 'r'): Finding => ({
  guard,
  rule,
  severity,
  message: 'm',
});
const many = (count: number, one: Finding): Finding[] => Array.from({ length: count }, () => ({ ...one }));

test.each<[string, Finding[], Finding]>([
  ['secrets hide no command', many(60, finding('secrets', 'critical')), finding('shell', 'critical')],
  ['secrets hide no mark of one', many(60, finding('secrets', 'critical')), finding('secrets', 'high', 'redacted')],
  ['marks of injection hide no path', many(60, finding('injection', 'high')), finding('paths', 'high')],
  ['a loud guard hides no quiet one', many(60, finding('loud', 'critical')), finding('mine', 'info')],
  ['nor that one failed', many(60, finding('loud', 'critical')), finding('mine', 'critical', 'guard-failed')],
])('%s', (_name, flood, last) => {
  expect(worstFindings([...flood, last])).toContain(last);
  expect(worstFindings([...flood, last])).toHaveLength(50);
});

test('what is kept is what decides, in whatever order it came, worst first', () => {
  const some = fc.array(
    fc.record({
      guard: fc.constantFrom('secrets', 'injection', 'shell', 'paths', 'mine'),
      rule: fc.constantFrom('a', 'b', 'c', 'redacted', 'guard-failed'),
      severity: fc.constantFrom<Finding['severity'][]>('info', 'low', 'medium', 'high', 'critical'),
      message: fc.constant('m'),
    }),
    { maxLength: 300 },
  );
  const decides = ({ guard, severity, rule }: Finding): string =>
    `${guard} ${severity} ${['redacted', 'guard-failed'].includes(rule) ? rule : ''}`;
  fc.assert(
    fc.property(some, fc.integer({ min: 1, max: 60 }), (findings, most) => {
      const kept = worstFindings(findings, most);
      expect(new Set(kept.map(decides))).toEqual(new Set(findings.map(decides)));
      expect(kept.length).toBe(Math.min(findings.length, Math.max(most, new Set(findings.map(decides)).size)));
      expect(worstFindings(kept, most)).toEqual(kept);
    }),
  );
});
