/** Options that the making and the enrolling of a key share. */
import type { Command } from 'commander';
import { z } from 'zod';
import { type Scope, scopeSchema } from '../../../client/gateway-schemas.ts';
import { roleSchema } from '../../../core/contracts/ids.ts';
import { type Terminal, visible } from '../../terminal.ts';
import { dayCountSchema } from '../../option-schemas.ts';

const dayMs = 86_400_000;
const role = z.string().refine((text) => roleSchema.safeParse(text).success, { error: 'expected a role name' });
const scope = z.enum(scopeSchema.options, { error: `expected some of ${scopeSchema.options.join(', ')}` });

export function defineKeyOptions(command: Command, scopes: readonly Scope[]): Command {
  return command
    .option('--role <role...>', 'roles that the policy knows')
    .option('--scope <scope...>', 'what it may be used for', [...scopes])
    .option('--days <count>', 'until it ends', '90');
}

export const keyOptions = {
  role: z.array(role).max(50).default([]),
  scope: z.array(scope).min(1),
  days: dayCountSchema.refine((days) => days <= 366, { error: 'expected at most 366 days' }),
};

/** On standard error: it is no fault, a policy may come later. */
export function warnOfRoles({ talk }: Pick<Terminal, 'talk'>, undeclared: readonly string[] = []): void {
  for (const name of undeclared) {
    talk(`role "${visible(name)}": no policy in force declares it, so it means nothing until one does`);
  }
}

export function orderOf(principal: string, options: { role: string[]; scope: Scope[]; days: number }) {
  return { principal, roles: options.role, scopes: options.scope, expiresInMs: options.days * dayMs };
}
