/**
 * The closed set of error codes. A code is stable: scripts match on it, `docs/errors/<code>.md` explains it, and it
 * is the `type` of every ApplicationFailure that crosses Temporal. Data only; the error class is `core/errors.ts`.
 */

export interface ErrorMeaning {
  readonly meaning: string;
  /** Whether the same request may succeed later without anybody changing it. */
  readonly retry: boolean;
  /** HTTP status the gateway answers with. */
  readonly status: number;
  /** Exit code of the `countersign` program. */
  readonly exit: number;
}

export const errorMeanings = {
  'arguments-invalid': {
    meaning: 'a call’s arguments do not fit the tool’s schema',
    retry: false,
    status: 422,
    exit: 2,
  },
  'clock-skew': { meaning: 'two clocks differ by more than the bound', retry: true, status: 503, exit: 6 },
  'config-invalid': { meaning: 'a setting is missing or does not parse', retry: false, status: 500, exit: 2 },
  conflict: { meaning: 'the thing is no longer in the state this request needs', retry: false, status: 409, exit: 5 },
  'engine-unavailable': {
    meaning: 'the embedded engine could not be found or started',
    retry: false,
    status: 503,
    exit: 6,
  },
  'export-invalid': {
    meaning: 'a file is no export of a run that this version reads',
    retry: false,
    status: 422,
    exit: 2,
  },
  forbidden: { meaning: 'this principal may not do this', retry: false, status: 403, exit: 4 },
  'input-invalid': {
    meaning: 'a request or a command line does not have the expected shape',
    retry: false,
    status: 400,
    exit: 2,
  },
  'input-refused': { meaning: 'a guard refused what was sent', retry: false, status: 422, exit: 4 },
  'internal-fault': { meaning: 'a defect in Countersign', retry: false, status: 500, exit: 70 },
  'key-unavailable': { meaning: 'a key or the key registry cannot be read', retry: true, status: 503, exit: 6 },
  'model-refused': { meaning: 'the model provider refused the request', retry: false, status: 502, exit: 6 },
  'model-unavailable': {
    meaning: 'the model provider cannot be reached or is overloaded',
    retry: true,
    status: 503,
    exit: 6,
  },
  'not-found': { meaning: 'there is no such thing', retry: false, status: 404, exit: 3 },
  'output-failed': {
    meaning: 'the result could not be written, such as on a full disk',
    retry: false,
    status: 500,
    exit: 74,
  },
  'pack-invalid': { meaning: 'an agent pack does not load', retry: false, status: 422, exit: 2 },
  'permit-invalid': { meaning: 'a permit does not verify for this execution', retry: false, status: 403, exit: 4 },
  'policy-invalid': { meaning: 'a policy does not parse', retry: false, status: 422, exit: 2 },
  'rate-limited': { meaning: 'too many requests', retry: true, status: 429, exit: 6 },
  'record-invalid': {
    meaning: 'a recorded history, signature or digest does not verify',
    retry: false,
    status: 422,
    exit: 1,
  },
  'run-refused': { meaning: 'a run may not start or go on', retry: false, status: 403, exit: 4 },
  'sandbox-unavailable': { meaning: 'no sandbox works on this machine', retry: false, status: 503, exit: 6 },
  'server-unavailable': {
    meaning: 'the Temporal server or the gateway is out of reach',
    retry: true,
    status: 503,
    exit: 6,
  },
  'signature-invalid': { meaning: 'a signed object does not verify', retry: false, status: 403, exit: 4 },
  'store-unavailable': { meaning: 'the store is out of reach', retry: true, status: 503, exit: 6 },
  'ticket-invalid': {
    meaning: 'a run’s ticket is missing, forged, used or foreign',
    retry: false,
    status: 403,
    exit: 4,
  },
  'tool-failed': { meaning: 'a tool reported a failure', retry: false, status: 502, exit: 1 },
  unauthenticated: { meaning: 'the caller did not prove who it is', retry: false, status: 401, exit: 4 },
} as const satisfies Record<string, ErrorMeaning>;

export type ErrorCode = keyof typeof errorMeanings;
