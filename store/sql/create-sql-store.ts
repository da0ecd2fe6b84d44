/** The store over any SQL session: each method is one transaction of it. */
import type { Store } from '../store.ts';
import { approvalChangeMethods } from './approval-changes.ts';
import { approvalPaceMethods } from './approval-pace.ts';
import { askMethods } from './asks.ts';
import { bodyMethods } from './bodies.ts';
import { controlMethods, type SeenControl } from './control.ts';
import { decisionMethods } from './decisions.ts';
import { fenceMethods } from './fences.ts';
import { gateStateMethods } from './gate-state.ts';
import { grantUseMethods } from './grant-uses.ts';
import { keyUseMethods } from './key-uses.ts';
import { ledgerMethods } from './ledger.ts';
import { limitMethods } from './limits.ts';
import { lookMethods } from './looks.ts';
import { noticeAlarmMethods } from './notice-alarms.ts';
import { noticeMethods } from './notices.ts';
import { receiptMethods } from './receipts.ts';
import { redactionMethods } from './redactions.ts';
import { reviewMethods } from './reviews.ts';
import { runMethods } from './runs.ts';
import type { SqlSession } from './session.ts';
import { tellingMethods } from './tellings.ts';
import { voteMethods } from './votes.ts';

export function createSqlStore(session: SqlSession): Store {
  const seen: SeenControl = new Map();
  return {
    ...runMethods(session),
    ...gateStateMethods(session, seen),
    ...decisionMethods(session),
    ...limitMethods(session),
    ...askMethods(session),
    ...approvalChangeMethods(session),
    ...voteMethods(session),
    ...approvalPaceMethods(session),
    ...reviewMethods(session),
    ...fenceMethods(session),
    ...grantUseMethods(session),
    ...receiptMethods(session),
    ...controlMethods(session, seen),
    ...keyUseMethods(session),
    ...bodyMethods(session),
    ...noticeMethods(session),
    ...noticeAlarmMethods(session),
    ...tellingMethods(session),
    ...lookMethods(session),
    ...redactionMethods(session),
    ...ledgerMethods(session),
    ping: () => session.read(async (queries) => void (await queries.selectFrom('counters').select('name').execute())),
    close: () => session.close(),
  };
}
