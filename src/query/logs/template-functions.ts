/** LogQL's own template functions: what the line offers, and values with units as LogQL reads them. */

import { goDurationNs } from '../../model/duration.ts';
import { type FunctionTable, fn, str } from '../../model/template/arguments.ts';
import { TemplateError, type Value } from '../../model/template/value.ts';
import { parseBytes } from '../lang/logql/units.ts';
import { bytesFault, durationFault } from './value-faults.ts';

/** What the line offers to functions. */
export interface LineContext {
  line(): string;
  readonly timestampMs: number;
  readonly timestampNs: number;
}

function seconds(value: Value | undefined): Value {
  const text = str(value);
  const ns = goDurationNs(text);
  if (ns === undefined) throw new TemplateError(durationFault(text));
  return ns / 1e9;
}

export const LINE_FUNCTIONS: FunctionTable<LineContext> = {
  __line__: fn(0, (_, context) => context.line()),
  __timestamp__: fn(0, (_, c) => ({ kind: 'time', ms: c.timestampMs, ns: c.timestampNs, zone: 'UTC' })),
  duration: fn(1, ([v]) => seconds(v)),
  duration_seconds: fn(1, ([v]) => seconds(v)),
  bytes: fn(1, ([v]) => {
    const text = str(v);
    const bytes = parseBytes(text);
    if (bytes === undefined) throw new TemplateError(bytesFault(text));
    return bytes;
  }),
};
