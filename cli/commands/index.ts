/** Every command, in the order of the help. */
import type { CommandDefinition } from '../define-command.ts';
import { approvals } from './approvals.ts';
import { approve } from './approve.ts';
import { breakGlass } from './break-glass.ts';
import { cancel } from './cancel.ts';
import { deny } from './deny.ts';
import { dev } from './dev.ts';
import { doctor } from './doctor.ts';
import { edit } from './edit.ts';
import { errors } from './errors.ts';
import { exportCommand } from './export.ts';
import { gateway } from './gateway.ts';
import { grantsList } from './grants/list.ts';
import { grantsRevoke } from './grants/revoke.ts';
import { grantsShow } from './grants/show.ts';
import { guards } from './guards.ts';
import { inbox } from './inbox.ts';
import { init } from './init.ts';
import { pace } from './pace.ts';
import { policyActivate } from './policy/activate.ts';
import { policyCheck } from './policy/check.ts';
import { policyDiff } from './policy/diff.ts';
import { policyEval } from './policy/eval.ts';
import { policyExplain } from './policy/explain.ts';
import { policyFmt } from './policy/fmt.ts';
import { policyPublish } from './policy/publish.ts';
import { policyRollback } from './policy/rollback.ts';
import { policyWithdraw } from './policy/withdraw.ts';
import { policyStatus } from './policy/status.ts';
import { policyTest } from './policy/test.ts';
import { keysEnrol } from './keys/enrol.ts';
import { keysList } from './keys/list.ts';
import { keysMake } from './keys/make.ts';
import { keysRefused } from './keys/refused.ts';
import { keysRequest } from './keys/request.ts';
import { keysRevoke } from './keys/revoke.ts';
import { noticesList } from './notices/list.ts';
import { noticesResend } from './notices/resend.ts';
import { noticesShow } from './notices/show.ts';
import { reconcile } from './reconcile.ts';
import { redactionsList } from './redactions/list.ts';
import { redactionsShow } from './redactions/show.ts';
import { reviewsList } from './reviews/list.ts';
import { reviewsShow } from './reviews/show.ts';
import { reviewsSign } from './reviews/sign.ts';
import { replay } from './replay.ts';
import { run } from './run.ts';
import { runs } from './runs.ts';
import { setup } from './setup.ts';
import { show } from './show.ts';
import { slackList } from './slack/list.ts';
import { slackRemove } from './slack/remove.ts';
import { watch } from './watch.ts';
import { withdraw } from './withdraw.ts';
import { worker } from './worker.ts';

export const commands: readonly CommandDefinition[] = [
  init,
  dev,
  run,
  runs,
  show,
  watch,
  approvals,
  approve,
  deny,
  edit,
  withdraw,
  breakGlass,
  reviewsList,
  reviewsShow,
  reviewsSign,
  grantsList,
  grantsShow,
  grantsRevoke,
  reconcile,
  inbox,
  noticesList,
  noticesShow,
  noticesResend,
  pace,
  cancel,
  replay,
  policyCheck,
  policyTest,
  policyExplain,
  policyDiff,
  policyFmt,
  policyEval,
  policyPublish,
  policyActivate,
  policyRollback,
  policyWithdraw,
  policyStatus,
  keysRequest,
  keysEnrol,
  keysMake,
  keysList,
  keysRevoke,
  keysRefused,
  slackList,
  slackRemove,
  guards,
  redactionsList,
  redactionsShow,
  exportCommand,
  doctor,
  errors,
  setup,
  worker,
  gateway,
];
