/**
 * The policy that `countersign init` writes into a pack: the text of `default-policy.yaml`, which a test compares with
 * it. It is text and not a file to read, because this folder does no I/O. It is never used in place of a broken policy.
 */
export const defaultPolicyText = `# What the agent may do by itself, what a person must approve, and what is refused.
# Deny beats ask, ask beats allow; the order of rules never matters; what no rule allows is refused.
# Reference with an example for each part: docs/policy.md
version: 1

# A role includes what it inherits. Roles come from the identity of whoever is asked, never from text.
roles:
  viewer: {}
  operator: { inherits: [viewer] }
  admin: { inherits: [operator] }

rules:
  - id: reads-allowed
    reason: Reading changes nothing
    effect: allow
    tools: ["*"]
    when: tool.effect == "read"

  - id: changes-ask
    reason: This call changes something
    effect: ask
    tools: ["*"]
    when: tool.effect in ["idempotent", "effect"]

  # Also when a tool of such a name claims that it only reads.
  - id: destructive-asks
    reason: This call destroys something
    effect: ask
    tools: ["*delete*", "*truncate*", "*destroy*", "drop_*", "*_drop", "*_drop_*"]
    approval: destructive

approvals:
  # WARNING: requesterMayApprove lets you approve your own runs, which is what one person on one machine needs.
  # As soon as two people work with this agent, set both to false.
  default:
    approvers: { roles: [operator] }
    deadline: 10m
    executeWithin: 15m
    requesterMayApprove: true
  destructive:
    approvers: { roles: [operator] }
    deadline: 10m
    executeWithin: 5m
    requesterMayApprove: true
    reasonRequired: true

# Shown to the approver; a higher risk found elsewhere wins.
tools:
  "*delete*": { risk: high }
  "*truncate*": { risk: high }
  "*destroy*": { risk: high }
  "drop_*": { risk: high }
  "*_drop": { risk: high }
  "*_drop_*": { risk: high }

limits:
  callsPerRun: 500
  callsPerTurn: 16
  turns: 200
  argumentBytes: 65536
  refusalsInARow: 3
`;
