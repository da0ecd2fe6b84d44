/** One line of `countersign doctor`. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly version?: string;
  readonly detail: string;
  /** What to do; present exactly when `ok` is false. */
  readonly remedy?: string;
}
