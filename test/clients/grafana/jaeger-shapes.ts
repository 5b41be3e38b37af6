/** What Grafana's Jaeger data source reads: times are whole microseconds, and lists may be null. */

import { anything, integer, listOf, mapOf, object, orNull, type Shape, text } from './shape.ts';

const keyValues = orNull(listOf(object({ needs: { key: text, type: text }, takes: { value: anything } })));
const texts = orNull(listOf(text));

const span = object({
  needs: {
    traceID: text,
    spanID: text,
    operationName: text,
    processID: text,
    startTime: integer,
    duration: integer,
  },
  takes: {
    references: orNull(listOf(object({ needs: { refType: text, traceID: text, spanID: text } }))),
    tags: keyValues,
    logs: orNull(listOf(object({ needs: { timestamp: integer }, takes: { fields: keyValues } }))),
    warnings: texts,
    flags: integer,
  },
});

const envelope = (data: Shape): Shape =>
  object({
    needs: { data },
    takes: { errors: anything, total: integer, limit: integer, offset: integer },
  });

/** A span's service is that of its process: one that is missing has none. */
const trace: Shape = (value, at) => {
  object({
    needs: {
      traceID: text,
      spans: listOf(span),
      processes: mapOf(object({ needs: { serviceName: text }, takes: { tags: keyValues } })),
    },
    takes: { warnings: texts },
  })(value, at);
  const { spans, processes } = value as { spans: { processID: string }[]; processes: object };
  for (const { processID } of spans) {
    if (!Object.hasOwn(processes, processID)) throw new Error(`${at} has no process ${processID}`);
  }
};

export const tracesAnswer = envelope(listOf(trace));
export const namesAnswer = envelope(texts);
export const dependenciesAnswer = envelope(
  orNull(
    listOf(object({ needs: { parent: text, child: text, callCount: integer }, takes: { source: text } })),
  ),
);
