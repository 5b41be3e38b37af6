/** Unit tests of rules as a file of promtool's states them: plain data. Times are milliseconds. */

export interface RuleTestFile {
  /** Paths and globs, relative ones relative to the file. */
  readonly ruleFiles: readonly string[];
  readonly evaluationIntervalMs: number;
  /** Names of groups; those named are evaluated after the others, in this order. */
  readonly groupOrder: readonly string[];
  /** Whether floats that are neighbours count as equal. */
  readonly fuzzyCompare: boolean;
  readonly tests: readonly RuleTest[];
}

export interface RuleTest {
  /** '' where it has none. */
  readonly name: string;
  /** Between two samples of the input. */
  readonly intervalMs: number;
  readonly inputSeries: readonly InputSeries[];
  readonly alertTests: readonly AlertTest[];
  readonly exprTests: readonly ExprTest[];
  readonly externalLabels: Readonly<Record<string, string>>;
  readonly externalUrl: string;
  readonly startMs: number;
}

export interface InputSeries {
  readonly series: string;
  /** In the notation of query scripts. */
  readonly values: string;
}

export interface AlertTest {
  /** After the test's start. */
  readonly evalTimeMs: number;
  readonly alertname: string;
  readonly expected: readonly ExpectedAlert[];
}

export interface ExpectedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ExprTest {
  readonly expr: string;
  readonly evalTimeMs: number;
  readonly expected: readonly ExpectedSample[];
}

export interface ExpectedSample {
  /** A series as PromQL writes it. */
  readonly labels: string;
  readonly value: number;
  /** A histogram as query scripts write it; '' for a float. */
  readonly histogram: string;
}
