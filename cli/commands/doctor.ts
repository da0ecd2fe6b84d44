/** `countersign doctor`: every part with its version, and what to do about one that is missing. It changes nothing. */
import { defineCommand, noOptions } from '../define-command.ts';
import { exitCodes } from '../exit-codes.ts';
import { tableLines } from '../show/format.ts';

export const doctor = defineCommand({
  usage: 'doctor',
  summary: 'Check this machine: engine, sandbox, keys, store, gateway, model',
  examples: ['doctor', 'doctor --json'],
  options: noOptions,
  async run({ terminal, json, config, environment, clock }) {
    const { doctorChecks } = await import('../parts/doctor-checks.ts');
    const checks = await terminal.progress('looking', doctorChecks({ config: config(), environment, clock }));
    const missing = checks.filter((check) => !check.ok);
    const exit = missing.length === 0 ? exitCodes.done : exitCodes.failed;
    if (json) {
      terminal.json({ ok: missing.length === 0, checks });
      return exit;
    }
    const rows = checks.map(({ ok, name, version = '', detail }) => [
      ok ? terminal.style('green', 'ok') : terminal.style('red', 'missing'),
      name,
      version,
      detail.split('\n')[0] ?? '',
    ]);
    for (const line of tableLines(rows)) terminal.result(line);
    for (const { name, remedy } of missing)
      terminal.result(`${terminal.style('bold', name)}: ${remedy ?? 'look at docs/cli.md'}`);
    return exit;
  },
});
