/** What Grafana's Loki data source reads, and Logs Drilldown with it. */

import {
  anything,
  either,
  floatText,
  integer,
  listOf,
  mapOf,
  number,
  object,
  oneOf,
  orNull,
  type Shape,
  text,
  textLike,
  tuple,
} from './shape.ts';

const labels = mapOf(text);
const nanoseconds = textLike(/^\d{10,20}$/);
const point = tuple(number, floatText);

/** A stream's labels come first, or its entries have none; a further key ends the reading. */
const streamsOf = (entry: Shape): Shape =>
  listOf(object({ needs: { stream: labels, values: listOf(entry) }, ordered: true }));

const categories = orNull(object({ takes: { structuredMetadata: labels, parsed: labels } }));
const statistics = { stats: orNull(object({ open: true })) };

/** `encodingFlags` stands before the entries that it speaks of. */
const categorizedStreams = object({
  needs: {
    resultType: oneOf('streams'),
    encodingFlags: tuple(oneOf('categorize-labels')),
    result: streamsOf(tuple(nanoseconds, text, categories)),
  },
  takes: statistics,
  open: true,
  ordered: true,
});
const plainStreams = object({
  needs: { resultType: oneOf('streams'), result: streamsOf(tuple(nanoseconds, text)) },
  takes: statistics,
  ordered: true,
});

const numbers = (type: string, series: Shape): Shape =>
  object({
    needs: { resultType: oneOf(type), result: listOf(series) },
    takes: { ...statistics, encodingFlags: listOf(text) },
    ordered: true,
  });
const matrix = numbers('matrix', object({ needs: { metric: labels, values: listOf(point) } }));
const vector = numbers('vector', object({ needs: { metric: labels, value: point } }));
const scalar = object({
  needs: { resultType: oneOf('scalar'), result: point },
  takes: statistics,
  open: true,
  ordered: true,
});

const answer = (data: Shape): Shape =>
  object({ needs: { status: oneOf('success'), data }, takes: { warnings: listOf(text) }, ordered: true });

/** Of a request that asks for categories, as Grafana always does. */
export const queryAnswer = answer(either(categorizedStreams, matrix, vector, scalar));
export const plainQueryAnswer = answer(either(plainStreams, matrix, vector, scalar));

/** Nothing found is a success without data. */
export const namesAnswer = object({
  needs: { status: oneOf('success') },
  takes: { data: orNull(listOf(text)) },
});
export const seriesAnswer = answer(listOf(labels));
export const statsAnswer = object({
  needs: { streams: integer, chunks: integer, bytes: integer, entries: integer },
});
export const detectedFieldsAnswer = object({
  takes: {
    fields: orNull(
      listOf(
        object({
          needs: { label: text, type: text, cardinality: integer, parsers: orNull(listOf(text)) },
          takes: { jsonPath: orNull(listOf(text)) },
        }),
      ),
    ),
    limit: integer,
  },
  open: true,
});
export const detectedValuesAnswer = object({
  takes: { values: orNull(listOf(text)), limit: integer },
  open: true,
});
export const detectedLabelsAnswer = object({
  takes: {
    detectedLabels: orNull(listOf(object({ needs: { label: text, cardinality: integer }, open: true }))),
  },
});
export const volumeAnswer = answer(vector);
export const patternsAnswer = object({
  needs: {
    status: oneOf('success'),
    data: listOf(
      object({
        needs: { pattern: text, samples: listOf(tuple(integer, integer)) },
        takes: { level: text },
      }),
    ),
  },
  open: true,
});

/** What a tail sends, frame by frame. */
export const tailFrame = object({
  needs: { streams: orNull(streamsOf(tuple(nanoseconds, text))) },
  takes: { dropped_entries: anything, encodingFlags: anything },
});
