/** Nothing with a secret in it is sent: a history keeps what it was given, and everybody with namespace access reads it. */
import type { GatewayContext } from './options.ts';
import { inputRefused } from './problem.ts';

/** @param what for the message, such as `the reason`. @throws {CountersignError} `input-refused` with the findings */
export async function refuseSecrets({ scan }: Pick<GatewayContext, 'scan'>, what: string, text: string): Promise<void> {
  const findings = (await scan(text)).filter((finding) => finding.severity !== 'info');
  if (findings.length > 0) throw inputRefused(what, findings);
}
