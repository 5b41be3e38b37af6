/** A function that templates may call, and what the line offers to it. */

import type { Value } from './value.ts';

/** What the line offers to functions. */
export interface FunctionContext {
  readonly labels: ReadonlyMap<string, string>;
  line(): string;
  readonly timestampMs: number;
  readonly timestampNs: number;
}

export interface TemplateFunction {
  readonly min: number;
  readonly max: number;
  /** Throws `TemplateError`. */
  call(args: readonly Value[], context: FunctionContext): Value;
}
