/** What a unit test of rules finds wrong: plain data, which the command prints. */

import type { Labels } from '../../model/labels.ts';

export type TestFailure =
  /** The test itself cannot be run. */
  | { readonly kind: 'test'; readonly message: string }
  /** A rule fails at a moment of the test. */
  | { readonly kind: 'rule'; readonly rule: string; readonly timeMs: number; readonly message: string }
  | {
      readonly kind: 'alerts';
      readonly test: string;
      readonly alertname: string;
      readonly evalTimeMs: number;
      readonly expected: readonly FiringAlert[];
      readonly got: readonly FiringAlert[];
    }
  /** A query, or what is expected of it, cannot be read or fails. */
  | { readonly kind: 'query'; readonly expr: string; readonly evalTimeMs: number; readonly message: string }
  | {
      readonly kind: 'samples';
      readonly expr: string;
      readonly evalTimeMs: number;
      readonly expected: readonly TestSample[];
      readonly got: readonly TestSample[];
    };

export interface FiringAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
}

export interface TestSample {
  readonly labels: Labels;
  readonly value: number;
  /** In the notation of query scripts; '' for a float. */
  readonly histogram: string;
}
