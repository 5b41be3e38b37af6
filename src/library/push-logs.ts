/** Log lines of a test, as Loki's push API takes them. */

import { momentNs } from './moments.ts';
import type { LogToPush } from './sink.ts';

/** Where nothing says what a line is of, since a stream needs a label. */
const DEFAULT_SERVICE = 'test';

interface StreamJson {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: [ns: string, line: string, metadata: Readonly<Record<string, string>>][];
}

/** The body of a push. Throws `TypeError` where a line is none. */
export function lokiPushBody(
  logs: readonly LogToPush[],
  nowMs: number,
): { readonly streams: readonly StreamJson[] } {
  const streams = new Map<string, StreamJson>();
  for (const log of logs) {
    if (typeof log.line !== 'string') throw new TypeError(`a log needs a line: ${JSON.stringify(log)}`);
    const stream = labelsOf(log);
    const key = JSON.stringify(Object.entries(stream).sort());
    let known = streams.get(key);
    if (!known) {
      known = { stream, values: [] };
      streams.set(key, known);
    }
    known.values.push([String(momentNs(log.time ?? nowMs)), log.line, metadataOf(log)]);
  }
  return { streams: [...streams.values()] };
}

function labelsOf({ service, level, labels = {} }: LogToPush): Readonly<Record<string, string>> {
  const isBare = service === undefined && Object.keys(labels).length === 0;
  return {
    ...((service ?? (isBare || undefined)) && { service_name: service ?? DEFAULT_SERVICE }),
    ...(level !== undefined && { level }),
    ...labels,
  };
}

function metadataOf({ metadata = {}, traceId, spanId }: LogToPush): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, String(value)])),
    ...(traceId !== undefined && { trace_id: traceId }),
    ...(spanId !== undefined && { span_id: spanId }),
  };
}
