/**
 * What a condition may say: the variables with their types, and the closed list of functions. CEL's own `matches` is not
 * in it (it is a backtracking regular expression that one argument can hang), nor is anything that depends on the host's
 * time zone; `re2` and `glob` run in linear time.
 */
import { Environment, type ObjectSchema } from '@marcbachmann/cel-js';
import { LocalTime, localTimeFields } from './functions/local-time.ts';
import { ShellFacts, shellFactsFields } from './functions/shell-facts.ts';

/** Fields by variable; a variable without fields has none that are known when the policy is loaded. */
export const variableFields: Readonly<Record<string, Readonly<Record<string, string>> | undefined>> = {
  principal: { id: 'string', roles: 'list<string>', groups: 'list<string>' },
  onBehalfOf: undefined,
  tool: { name: 'string', effect: 'string', risk: 'string', tags: 'list<string>' },
  args: undefined,
  run: {
    agent: 'string',
    turn: 'int',
    calls: 'int',
    callsInTurn: 'int',
    callsByTool: 'map<string, int>',
    ageSeconds: 'int',
    tokens: 'int',
    cost: 'double',
    depth: 'int',
    dryRun: 'bool',
    epoch: 'int',
    deniedTools: 'list<string>',
  },
  environment: undefined,
  labels: { context: 'list<string>', args: 'map<string, list<string>>' },
  findings: undefined,
  target: { known: 'bool', state: 'dyn' },
  denials: undefined,
  now: undefined,
};
export const variableNames: readonly string[] = Object.keys(variableFields);
const finding = { guard: 'string', rule: 'string', severity: 'string' };
/** Fields of what lists hold and functions give. */
export const innerFields: readonly string[] = [
  ...Object.keys(finding),
  ...Object.keys(shellFactsFields),
  ...Object.keys(localTimeFields),
];

/** Functions by name with the numbers of arguments they take. */
export const allowedFunctions: ReadonlyMap<string, readonly number[]> = new Map([
  ['has', [1]],
  ['size', [1]],
  ['int', [1]],
  ['double', [1]],
  ['string', [1]],
  ['bool', [1]],
  ['timestamp', [1]],
  ['duration', [1]],
  ['re2', [2]],
  ['glob', [2]],
  ['cidr', [2]],
  ['semver', [2]],
  ['host', [1, 2]],
  ['path', [1, 2]],
  ['local', [2]],
  ['window', [2]],
  ['shell', [1]],
]);
/** Methods by name with the numbers of arguments they take. Timestamps are read in UTC only. */
export const allowedMethods: ReadonlyMap<string, readonly number[]> = new Map([
  ['size', [0]],
  ['contains', [1]],
  ['startsWith', [1]],
  ['endsWith', [1]],
  ['lowerAscii', [0]],
  ['upperAscii', [0]],
  ['trim', [0]],
  ['indexOf', [1, 2]],
  ['lastIndexOf', [1, 2]],
  ['substring', [1, 2]],
  ['split', [1, 2]],
  ['join', [0, 1]],
  ['all', [2]],
  ['exists', [2]],
  ['exists_one', [2]],
  ['map', [2, 3]],
  ['filter', [2]],
  ['getFullYear', [0]],
  ['getMonth', [0]],
  ['getDate', [0]],
  ['getDayOfWeek', [0]],
  ['getHours', [0]],
  ['getMinutes', [0]],
  ['getSeconds', [0]],
]);
/** Those that run their second argument once for each element. */
export const loopMethods: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
export const deepestLoops = 2;

const environment = declareVariables();

/** A fresh copy to which a policy adds its own functions, with `args` as any map. */
export function conditionEnvironment(): Environment {
  return environment.clone().registerVariable('args', 'map');
}

/** The same with `args` as one tool takes them; it serves to find mistakes, never to evaluate. */
export function typedEnvironment(args: ObjectSchema): Environment {
  return environment.clone().registerVariable({ name: 'args', schema: args });
}

function declareVariables(): Environment {
  const declared = new Environment({
    unlistedVariablesAreDyn: false,
    limits: { maxAstNodes: 1000, maxDepth: 64, maxListElements: 500, maxMapEntries: 100, maxCallArguments: 8 },
  });
  declared.registerType('Finding', { fields: { ...finding } });
  declared.registerType('ShellFacts', { ctor: ShellFacts, fields: { ...shellFactsFields } });
  declared.registerType('LocalTime', { ctor: LocalTime, fields: { ...localTimeFields } });
  for (const [name, fields] of Object.entries(variableFields)) {
    if (fields) declared.registerVariable({ name, schema: { ...fields } });
  }
  return declared
    .registerVariable('onBehalfOf', 'string')
    .registerVariable('environment', 'string')
    .registerVariable('findings', 'list<Finding>')
    .registerVariable('denials', 'int')
    .registerVariable('now', 'int');
}
