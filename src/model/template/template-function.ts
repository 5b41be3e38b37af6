/** A function that templates may call. */

import type { Value } from './value.ts';

/** `Context` is what whoever runs the template offers to functions of its own, such as the line that it runs on. */
export interface TemplateFunction<Context = unknown> {
  readonly min: number;
  readonly max: number;
  /** Throws `TemplateError`. */
  call(args: readonly Value[], context: Context): Value;
}
