/**
 * The functions that all templates may call, text/template's own and sprig's: name → arity and body, one file per
 * family. Whoever runs templates adds its own.
 */

import type { FunctionTable } from './arguments.ts';
import { COMPARE_FUNCTIONS } from './functions-builtin.ts';
import { NUMBER_FUNCTIONS } from './functions-number.ts';
import { TEXT_FUNCTIONS } from './functions-text.ts';
import { TIME_FUNCTIONS } from './functions-time.ts';
import type { TemplateFunction } from './template-function.ts';

const SHARED_FUNCTIONS: FunctionTable = {
  ...COMPARE_FUNCTIONS,
  ...TEXT_FUNCTIONS,
  ...NUMBER_FUNCTIONS,
  ...TIME_FUNCTIONS,
};

/** The shared functions and `own` ones, which win. */
export function templateFunctions<Context>(
  own: FunctionTable<Context>,
): ReadonlyMap<string, TemplateFunction<Context>> {
  return new Map(Object.entries({ ...SHARED_FUNCTIONS, ...own }));
}

/** What a parser must know: the names of a table and the two that the evaluation does itself. */
export function functionNames(functions: ReadonlyMap<string, unknown>): ReadonlySet<string> {
  return new Set([...functions.keys(), 'and', 'or']);
}
