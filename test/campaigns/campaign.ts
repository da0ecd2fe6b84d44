/**
 * What a campaign is: a seeded attack or load on the whole product, on a real Temporal server that it starts itself, judged
 * from outside. It returns what it counted and what failed; it never decides alone that all is well.
 */

export interface CampaignOrder {
  /** The same seed and count make the same cases, whatever the machine's timing makes of them. */
  seed: number;
  /** How many of the campaign's units, from 1 up. */
  count: number;
  /** Only the case of this id, to repeat a failure. Absent: all of them. */
  onlyCase?: string | undefined;
  /** An empty folder of this campaign alone, removed afterwards. */
  folder: string;
  /** Tells whoever waits how far it is, one line each. */
  progress: (line: string) => void;
}

/** Cells are printed as they are; a number is aligned to the right. */
export interface Table {
  columns: readonly string[];
  rows: readonly (readonly (string | number)[])[];
}

export interface CampaignFailure {
  /** What `--case` takes to repeat it; null where only the whole campaign can. */
  case: string | null;
  /** What should have been and what was, with ids to look for in the output. */
  what: string;
}

export interface CampaignResult {
  table: Table;
  failures: readonly CampaignFailure[];
}

export interface Campaign {
  /** Kebab-case, that of its folder. */
  name: string;
  /** One sentence: what it proves. */
  summary: string;
  /** What is counted, in the plural, such as `kills`. */
  unit: string;
  /** Of a full run. `npm test` runs a tenth. */
  fullCount: number;
  run(order: CampaignOrder): Promise<CampaignResult>;
}
