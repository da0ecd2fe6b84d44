/**
 * The program: reads a command line, runs one command, and turns what comes out into an exit code. It touches no global
 * state: `main.ts` gives it the process, tests something else.
 */
import { Command } from 'commander';
import { type Environment, type Flags, flagByName, readConfig } from '../worker/config.ts';
import { commands } from './commands/index.ts';
import type { CommandContext } from './context.ts';
import type { CommandDefinition } from './define-command.ts';
import { exitCodes } from './exit-codes.ts';
import { reportError } from './report-error.ts';
import { typedCommand } from './typed-command.ts';
import { createTerminal, type Sink } from './terminal.ts';

export interface World extends Pick<CommandContext, 'clock' | 'ask' | 'cacheCode' | 'pause' | 'stdin'> {
  stdout: Sink;
  stderr: Sink;
  environment: Environment;
  /** Aborted by the first SIGINT or SIGTERM. */
  stop: AbortSignal;
  version: string;
}

/** @param argv without the program. @returns the exit code. */
export async function runProgram(argv: readonly string[], world: World): Promise<number> {
  const { stdout, stderr, environment, clock, stop, ask, pause, cacheCode, stdin } = world;
  const terminal = createTerminal({ stdout, stderr, environment });
  const json = asksForJson(argv);
  let exit = 0;
  const program = new Command('countersign')
    .description('Runs AI agents whose every consequential action is countersigned')
    .version(world.version)
    .exitOverride()
    .showHelpAfterError('(add --help for usage and examples)')
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void (json || stderr.write(text)),
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
    })
    .addHelpText('after', mainHelp);
  for (const definition of commands) {
    addCommand(program, definition, async (args, options) => {
      const flags = flagsOf(options);
      const config = (more?: Flags) => readConfig(environment, { ...flags, ...more });
      const { takeStop, left } = stopOf(stop);
      const typed = typedCommand(options);
      const context = { terminal, environment, clock, json, typed, config, takeStop, ask, pause, cacheCode, stdin };
      exit = await Promise.race([definition.run(context, args, options), left]);
    });
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    return reportError(error, { terminal, json, debug: environment['COUNTERSIGN_DEBUG'] === '1' });
  }
}

type Action = (args: string[], options: Readonly<Record<string, unknown>>) => Promise<void>;

function addCommand(program: Command, definition: CommandDefinition, action: Action): void {
  const { parent, usage } = placeOf(program, definition.usage);
  const command = parent.command(usage).summary(definition.summary).description(definition.summary);
  definition.define(command);
  command
    .option('--json', 'result as JSON on standard output (one document, or a line for each change)')
    .option('--state <folder>', 'state folder (COUNTERSIGN_STATE, default .countersign)');
  if (definition.usesGateway) command.option('--url <url>', 'gateway (COUNTERSIGN_URL, default: of the state folder)');
  const examples = definition.examples.map((example) => `  $ countersign ${example}\n`).join('');
  command.addHelpText('after', `\nExamples:\n${examples}`);
  command.action(async () => {
    await action(command.args, command.opts<Readonly<Record<string, unknown>>>());
  });
}

/** Commands of one thing stand under its word: `policy check <file>` is `check <file>` of `policy`. */
const groups: Readonly<Record<string, string>> = {
  policy: 'Check, test, explain, compare and publish policies',
  keys: 'Make, enrol, list and revoke keys',
  grants: 'List, show and revoke grants: approvals of calls like one that was asked for',
  reviews: 'List, show and sign reviews of break-glass: what one person answered alone',
  notices: 'Who was told of requests, and what could not be told',
  slack: 'Which Slack users are which people',
  redactions: 'What redaction took out, where it is kept',
};

function placeOf(program: Command, usage: string): { parent: Command; usage: string } {
  const [group = '', ...rest] = usage.split(' ');
  const summary = groups[group];
  if (summary === undefined || rest.length === 0) return { parent: program, usage };
  const known = program.commands.find((command) => command.name() === group);
  return { parent: known ?? program.command(group).summary(summary).description(summary), usage: rest.join(' ') };
}

/** `left` settles when a stop is asked for that nobody has taken. */
function stopOf(stop: AbortSignal): { takeStop: () => AbortSignal; left: Promise<number> } {
  let taken = false;
  const left = new Promise<number>((resolve) => {
    stop.addEventListener('abort', () => {
      if (!taken) resolve(exitCodes.interrupted);
    });
  });
  const takeStop = (): AbortSignal => {
    taken = true;
    return stop;
  };
  return { takeStop, left };
}

function flagsOf(options: Readonly<Record<string, unknown>>): Flags {
  const given = Object.entries(flagByName).flatMap(([setting, flag]) => {
    const value = options[flag.slice('--'.length)];
    return typeof value === 'string' ? [[setting, value] as const] : [];
  });
  return Object.fromEntries(given);
}

/** Known before the line is parsed: an error in it is a result too. What follows `--` is not for us. */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json');
}

const mainHelp = `
First steps:
  $ countersign init agents/ops
  $ countersign dev agents/ops
  $ countersign run ops "what is the state of the service?"

Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 not found, 4 refused, 5 conflict or ended early,
6 something is out of reach, 70 a defect, 74 the result could not be written. See docs/cli.md.
`;
