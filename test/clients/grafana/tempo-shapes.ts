/**
 * What Grafana's Tempo data source reads of JSON. Searches and instant metrics are decoded as protobuf messages: an
 * unknown key at any level fails the query, so the shapes have no more than Tempo's older releases, whose messages the
 * oldest Grafana in use knows.
 */

import {
  anything,
  either,
  flag,
  integer,
  listOf,
  longInteger,
  mapOf,
  number,
  object,
  oneOf,
  type Shape,
  text,
  textLike,
} from './shape.ts';

/** Protobuf has texts for the numbers that JSON has not. */
const double = either(number, oneOf('NaN', 'Infinity', '-Infinity'));

const anyValue: Shape = (value, at) => oneAnyValue(value, at);
const oneAnyValue = object({
  takes: {
    stringValue: text,
    boolValue: flag,
    intValue: longInteger,
    doubleValue: double,
    bytesValue: text,
    arrayValue: object({ takes: { values: listOf(anyValue) } }),
    kvlistValue: object({ takes: { values: listOf((value, at) => keyValue(value, at)) } }),
  },
});
const keyValue = object({ needs: { key: text }, takes: { value: anyValue } });
const attributes = listOf(keyValue);

const hex = textLike(/^[0-9a-f]*$/);
const spanSet = object({
  takes: {
    matched: integer,
    attributes,
    spans: listOf(
      object({
        takes: {
          spanID: hex,
          name: text,
          startTimeUnixNano: longInteger,
          durationNanos: longInteger,
          attributes,
        },
      }),
    ),
  },
});

const searchMetrics = object({
  takes: {
    inspectedTraces: integer,
    inspectedBytes: longInteger,
    totalBlocks: integer,
    completedJobs: integer,
    totalJobs: integer,
    totalBlockBytes: longInteger,
  },
});

export const searchAnswer = object({
  takes: {
    traces: listOf(
      object({
        needs: { traceID: hex },
        takes: {
          rootServiceName: text,
          rootTraceName: text,
          startTimeUnixNano: longInteger,
          durationMs: integer,
          spanSet,
          spanSets: listOf(spanSet),
          serviceStats: mapOf(object({ takes: { spanCount: integer, errorCount: integer } })),
        },
      }),
    ),
    metrics: searchMetrics,
  },
});

/** Labels are typed, never bare texts; a value that is 0 may be missing. */
const series = { labels: attributes };
export const instantMetricsAnswer = object({
  takes: { series: listOf(object({ takes: { ...series, value: double } })), metrics: searchMetrics },
});

const exemplar = object({
  needs: { labels: attributes, timestampMs: longInteger },
  takes: { value: double },
  open: true,
});
export const rangeMetricsAnswer = object({
  takes: {
    series: listOf(
      object({
        needs: series,
        takes: {
          samples: listOf(
            object({ needs: { timestampMs: longInteger }, takes: { value: double }, open: true }),
          ),
          exemplars: listOf(exemplar),
        },
        open: true,
      }),
    ),
    metrics: anything,
  },
  open: true,
});

export const tagsV2Answer = object({
  takes: { scopes: listOf(object({ needs: { name: text }, takes: { tags: listOf(text) } })) },
  open: true,
});
export const tagValuesV2Answer = object({
  takes: { tagValues: listOf(object({ needs: { type: text }, takes: { value: text } })) },
  open: true,
});
export const tagsAnswer = object({ takes: { tagNames: listOf(text) }, open: true });
export const tagValuesAnswer = object({ takes: { tagValues: listOf(text) }, open: true });
/** Of the page where the source is set up, up to Grafana 12. */
export const buildinfoAnswer = object({ needs: { version: textLike(/^\d+\.\d+\.\d+/) }, open: true });
