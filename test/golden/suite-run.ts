/** What one run of a recorded suite came to. */
export interface RunResult {
  readonly passed: number;
  readonly total: number;
  /** Ids of the cases that failed. */
  readonly failed: readonly string[];
}
