/**
 * A set of traces as log entries may name them. The plain way knows the notations that the ID index has, and is served by it;
 * the deep one knows all (`entry-ids.ts`), and reads every line of its range.
 */

import { isTraceIdName, wholeTraceId } from '../../model/correlate/trace-id.ts';
import { ID_DIGITS, type IdDemand, isEntryId, SHORT_ID_DIGITS } from '../../model/entry-id.ts';
import type { EntryChoice } from './chosen-entries.ts';
import { EntryIds, tailOf } from './entry-ids.ts';

const NO_HIGH_BITS = '0'.repeat(ID_DIGITS - SHORT_ID_DIGITS);

/** `ids`: 32 lower-case digits each. */
export function entriesNaming(ids: readonly string[], deep: boolean): EntryChoice {
  const known = new Set(deep ? ids : ids.flatMap(plainForms));
  const names = deep
    ? (written: string) => known.has(wholeTraceId(written) ?? '')
    : (written: string) => known.has(written);
  const reading = new EntryIds({ byName: deep, tails: new Set(ids.map(tailOf)) });
  return {
    ids: deep ? undefined : (labelNames) => demandOf(known, labelNames),
    hits: (stream, chunk, hits) => {
      reading.open(stream, chunk);
      let at = 0;
      const visit = (written: string) => {
        if (names(written)) hits[at] = 1;
      };
      for (; at < chunk.count; at++) reading.each(at, visit);
    },
  };
}

/** 32 digits, or 16 of an id of 64 bits; all of either case. */
function plainForms(id: string): string[] {
  const forms = [id, id.toUpperCase()];
  const short = id.slice(-SHORT_ID_DIGITS);
  if (id.startsWith(NO_HIGH_BITS) && isEntryId(short)) forms.push(short, short.toUpperCase());
  return forms;
}

function demandOf(forms: ReadonlySet<string>, labelNames: readonly string[]): IdDemand {
  return { anyOf: [...forms], partial: false, labels: labelNames.filter(isTraceIdName) };
}
