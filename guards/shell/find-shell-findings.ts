/** The shell classifier as a guard: a finding for each command that does more than read, worst first. */
import type { Finding } from '../../core/contracts/labels.ts';
import { type ShellClass, shellClasses } from '../../core/contracts/shell-class.ts';
import type { CommandFact, ShellFacts } from './facts.ts';

const severityByClass: Readonly<Record<ShellClass, Finding['severity']>> = {
  read: 'info',
  write: 'medium',
  network: 'medium',
  opaque: 'high',
  privilege: 'high',
  destructive: 'high',
};

/** Beside a finding, for those who sort by class. */
export interface ShellFinding extends Finding {
  readonly class: ShellClass;
}

/** All facts as findings, reads as `info`. */
export function shellFindings({ commands }: ShellFacts): ShellFinding[] {
  return commands.toSorted((a, b) => weight(b) - weight(a)).map(toFinding);
}

function weight({ class: found, beyondDoubt }: CommandFact): number {
  return (beyondDoubt ? 10 : 0) + shellClasses.indexOf(found);
}

function toFinding(fact: CommandFact): ShellFinding {
  return {
    guard: 'shell',
    rule: fact.rule,
    severity: fact.beyondDoubt ? 'critical' : severityByClass[fact.class],
    message: `${fact.name}: ${fact.reason}`,
    span: fact.span,
    remedy: fact.beyondDoubt
      ? 'say exactly what is to go, below a folder of your own'
      : 'a person decides; a command that only reads needs nobody',
    class: fact.class,
  };
}
