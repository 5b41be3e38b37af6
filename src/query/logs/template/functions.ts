/** The table of functions that templates may call: name → arity and body, one file per family. */

import { COMPARE_FUNCTIONS } from './functions-builtin.ts';
import { NUMBER_FUNCTIONS } from './functions-number.ts';
import { TEXT_FUNCTIONS } from './functions-text.ts';
import { TIME_FUNCTIONS } from './functions-time.ts';
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

export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map(
  Object.entries({ ...COMPARE_FUNCTIONS, ...TEXT_FUNCTIONS, ...NUMBER_FUNCTIONS, ...TIME_FUNCTIONS }),
);

export const FUNCTION_NAMES: ReadonlySet<string> = new Set([...FUNCTIONS.keys(), 'and', 'or']);
