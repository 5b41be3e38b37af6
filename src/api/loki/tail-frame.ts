/**
 * Frames of a tail: entries in the order of their times, each under a stream object of its own, and what was dropped
 * before them.
 */

import { utf8Encode } from '../../base/bytes.ts';
import { Labels } from '../../model/labels.ts';
import { labelsText } from '../../query/logs/extract.ts';
import type { TailOptions } from '../../query/logs/live/tail-protocol.ts';
import type { TailedEntry } from '../../query/logs/live/tail-query.ts';
import type { DroppedEntry } from '../../query/logs/live/tail-run.ts';
import { JsonWriter } from '../json-writer.ts';
import { writeEntry, writeNs } from './print-result.ts';
import { rfc3339 } from './rfc3339.ts';

export function printTailFrame(
  { legacy, flags }: Pick<TailOptions, 'legacy' | 'flags'>,
  entries: readonly TailedEntry[],
  dropped: readonly DroppedEntry[],
): Uint8Array<ArrayBuffer> {
  if (legacy) return printLegacy(entries, dropped);
  const out = new JsonWriter(8 * 1024);
  out.raw('{"streams":[');
  entries.forEach((entry, i) => {
    out.raw(i === 0 ? '{"stream":' : ',{"stream":');
    out.pairs(entry.labels);
    out.raw(',"values":[');
    writeEntry(out, entry);
    out.raw(']}');
  });
  out.raw(']');
  if (dropped.length > 0) {
    out.raw(',"dropped_entries":[');
    dropped.forEach((entry, i) => {
      out.raw(i === 0 ? '{"timestamp":"' : ',{"timestamp":"');
      writeNs(out, entry.ms, entry.ns);
      out.raw('","labels":');
      out.pairs(entry.labels);
      out.raw('}');
    });
    out.raw(']');
  }
  if (flags.length > 0) {
    out.raw(',"encodingFlags":');
    out.strings(flags);
  }
  out.raw('}');
  return out.take();
}

/** Labels are text here, times RFC 3339. */
function printLegacy(
  entries: readonly TailedEntry[],
  dropped: readonly DroppedEntry[],
): Uint8Array<ArrayBuffer> {
  const text = (pairs: readonly string[]) => labelsText(Labels.fromSorted(pairs));
  const streams = entries.map(({ ms, ns, line, labels }) => ({
    labels: text(labels),
    entries: [{ ts: rfc3339(ms, ns), line }],
  }));
  const told = dropped.map(({ ms, ns, labels }) => ({ Timestamp: rfc3339(ms, ns), Labels: text(labels) }));
  const frame = { streams, dropped_entries: told.length > 0 ? told : null };
  return new Uint8Array(utf8Encode(`${JSON.stringify(frame)}\n`));
}
