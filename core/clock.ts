/** Time as a port, so that tests and simulated-time servers move every deadline together. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}
