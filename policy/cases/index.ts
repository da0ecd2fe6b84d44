/** Cases, coverage, comparison and batch evaluation of policies: what commands and tests use. Pure, as the engine is. */
export { type CallDefaults, type CallSource, callSourceSchema, type KnownTool, policyInputOf } from './call-source.ts';
export { type CasesRead, type PolicyCase, readCases } from './cases-file.ts';
export { type CoverageReport } from './coverage.ts';
export { diffCases, type Flip } from './diff-cases.ts';
export { type EvaluatedLine, evaluateLine, longestLine, refusedLine } from './eval-line.ts';
export { junitOf } from './junit.ts';
export { type CaseResult, type CasesRun, runCases } from './run-cases.ts';
