/** What a system must offer so that the cases can be played against it. Everything is done and seen from outside. */

/** `break-glass`: alone, in place of all others, by whoever may in an emergency. */
export type Verdict = 'approve' | 'deny' | 'break-glass';

/** How the approvals of a run are set up; what each means is said beside the cases. */
export const setups = [
  'one',
  'two',
  'hasty',
  'hasty-two',
  'seats',
  'confirmed',
  'nobody',
  'short-links',
  'granting',
  'granting-two',
  'emergency',
  'hasty-emergency',
] as const;
export type Setup = (typeof setups)[number];

export const abilities = [
  'reset',
  'forge',
  'skew',
  'links',
  'roles',
  'stop',
  'withdraw',
  'confirm',
  'edit',
  'deliver',
  'grant',
  'lose',
  'break-glass',
] as const;
export type Ability = (typeof abilities)[number];

export interface Person {
  name: string;
  roles: string[];
  /** False: a service account. */
  isPerson: boolean;
}

export interface StartOrder {
  by: string;
  setup: Setup;
  onBehalfOf?: string | undefined;
  /** Targets of the calls that the agent asks for, turn by turn. */
  turns: string[][];
}

export interface Pending {
  /** Names the request. */
  id: string;
  target: string;
  /** Of exactly what is shown. */
  version: string;
  /** Ms since the Unix epoch. */
  deadlineAt: number;
  /** How many calls an answer is for, as approvers are told. */
  times: number;
}

export interface VoteOrder {
  by: string;
  request: Pending;
  verdict: Verdict;
  /** @default the request's */
  version?: string | undefined;
  stop?: boolean | undefined;
  /** What the voter typed to confirm it; `target`: what they were asked to type. */
  confirmation?: string | undefined;
  /** The approval is also one of calls of the run (`everywhere`: of any) whose target is like the pattern, or is the grant that somebody proposed with it. */
  grant?: { like: string; uses: number; everywhere: boolean } | 'as-proposed' | undefined;
}

export interface EditOrder {
  by: string;
  request: Pending;
  /** What the call is to have as its target. */
  to: string;
  /** @default the request's */
  version?: string | undefined;
}

/** `counted`: it is held to count, as far as its caller is told. */
export type VoteAnswer = 'counted' | 'duplicate' | 'late' | 'refused';

export const forgeries = ['unsigned', 'altered', 'sent-twice', 'of-another-run'] as const;
export type Forgery = (typeof forgeries)[number];

export const deliveryFlaws = ['forged', 'replayed', 'stolen'] as const;
export type DeliveryFlaw = (typeof deliveryFlaws)[number];

/** An answer that a system brings. */
export interface DeliveryOrder {
  request: Pending;
  verdict: Verdict;
  /** Whose own word is in it. @default nobody's: it is the system's alone */
  of?: string | undefined;
  /** What is wrong with it; `stolen`: the person's word in it is about `source`. */
  flaw?: DeliveryFlaw | undefined;
  source?: Pending | undefined;
}

export interface ApprovalDriver {
  readonly abilities: ReadonlySet<Ability>;
  /** People who can vote, under names of this case alone. */
  enrol(people: readonly Person[]): Promise<void>;
  start(order: StartOrder): Promise<string>;
  /** What waits for an answer now. */
  pending(run: string): Promise<Pending[]>;
  /** How many requests the run has made so far. */
  asked(run: string): Promise<number>;
  vote(order: VoteOrder): Promise<VoteAnswer>;
  /** Answers with another target: the call is asked about anew. */
  edit(order: EditOrder): Promise<VoteAnswer>;
  withdraw(by: string, request: Pending): Promise<VoteAnswer>;
  /** Reviews of what was answered alone, that wait for others. */
  openReviews(run: string): Promise<number>;
  /** Says that what was answered alone was right. @returns whether it counts */
  review(by: string, request: Pending): Promise<VoteAnswer>;
  /** Ends every grant that was given with the request. */
  revoke(by: string, request: Pending): Promise<void>;
  /** Of a repeated one: what the second comes to. */
  deliver(order: DeliveryOrder): Promise<VoteAnswer>;
  /** Brings a vote to the run past the door, as somebody who can reach the queue does. */
  forge(forgery: Forgery, request: Pending, run: string): Promise<void>;
  /** Takes a person's roles away, and leaves them their way in. */
  demote(name: string): Promise<void>;
  cancel(run: string): Promise<void>;
  /** Goes back to before the first vote, with the votes applied again. */
  reset(run: string): Promise<void>;
  /** Makes the run continue in a new link while it waits. */
  newLink(run: string): Promise<void>;
  /** From now on nobody can be told of what is asked. */
  loseNotices(): void;
  /** Whether anybody was told of it. */
  told(request: Pending): Promise<'told' | 'lost' | 'not-yet'>;
  /** Puts the clock of the door off. */
  skew(ms: number): void;
  /** Ends whoever executes, without warning; `door`: whoever takes votes as well. */
  killAll(what: 'executor' | 'all'): Promise<void>;
  restart(): Promise<void>;
  /** Targets of what happened, in order. */
  effects(run: string): Promise<string[]>;
  /** How the run ended; waits for it. */
  ended(run: string): Promise<string>;
  close(): Promise<void>;
}
