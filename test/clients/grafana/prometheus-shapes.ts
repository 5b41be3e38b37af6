/** What Grafana's Prometheus data source reads: queries, exemplars, menus, metadata, rules. */

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
const point = tuple(number, floatText);
/** Exactly four long: three are read as garbage. */
const bucket = tuple(integer, floatText, floatText, floatText);
const histogram = object({
  needs: { count: floatText, sum: floatText },
  takes: { buckets: listOf(bucket) },
  open: true,
});
const histogramPoint = tuple(number, histogram);

const result = (type: string, shape: Shape): Shape =>
  object({ needs: { resultType: oneOf(type), result: shape }, takes: { stats: anything }, open: true });
const matrix = result(
  'matrix',
  listOf(
    object({
      needs: { metric: labels },
      takes: { values: listOf(point), histograms: listOf(histogramPoint) },
    }),
  ),
);
const vector = result(
  'vector',
  listOf(object({ needs: { metric: labels }, takes: { value: point, histogram: histogramPoint } })),
);
const scalar = result('scalar', point);
const string = result('string', tuple(number, text));

const envelope = (data: Shape): Shape =>
  object({
    needs: { status: oneOf('success'), data },
    takes: { warnings: listOf(text), infos: listOf(text) },
    open: true,
  });

export const queryAnswer = envelope(either(matrix, vector, scalar, string));
export const rangeAnswer = envelope(matrix);

/** With a status of 400, 422 or 503; any other would be shown as an unexpected answer. */
export const errorAnswer = object({
  needs: { status: oneOf('error'), errorType: text, error: text },
  open: true,
});
export const ERROR_STATUSES: readonly number[] = [400, 422, 503];

export const exemplarsAnswer = envelope(
  listOf(
    object({
      needs: {
        seriesLabels: labels,
        exemplars: listOf(object({ needs: { labels, value: floatText, timestamp: number } })),
      },
      // Labels of the series belong to its exemplars only if they come first.
      ordered: true,
    }),
  ),
);

/** Label names and values; nothing is an empty list, not null. */
export const namesAnswer = envelope(listOf(text));
export const seriesAnswer = envelope(listOf(labels));

const family = object({ needs: { type: text, help: text, unit: text } });
/** Lists are never empty: the first is looked at. */
export const metadataAnswer = envelope(
  mapOf((value, at) => {
    listOf(family)(value, at);
    if ((value as unknown[]).length === 0) throw new Error(`${at} is empty`);
  }),
);

export const buildinfoAnswer = envelope(
  object({ needs: { version: textLike(/^\d+\.\d+\.\d+/) }, takes: { features: mapOf(text) }, open: true }),
);

/** RFC 3339; an empty text is an error of Grafana's server. */
const instant = textLike(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/);
const health = oneOf('ok', 'err', 'unknown');
const evaluated = { lastError: text, evaluationTime: number, lastEvaluation: instant };
const alert = object({
  needs: { labels, annotations: labels, state: oneOf('pending', 'firing', 'inactive'), value: floatText },
  takes: { activeAt: orNull(instant) },
  open: true,
});
const rule = (type: string, needs: Readonly<Record<string, Shape>>): Shape =>
  object({
    needs: { type: oneOf(type), name: text, query: text, health, ...needs },
    takes: evaluated,
    open: true,
  });
const recording = rule('recording', {});
const alerting = rule('alerting', {
  state: oneOf('pending', 'firing', 'inactive', 'unknown'),
  duration: number,
  labels,
  annotations: labels,
  // Null where they were not asked for.
  alerts: orNull(listOf(alert)),
});
export const rulesAnswer = envelope(
  object({
    needs: {
      groups: listOf(
        object({
          needs: { name: text, file: text, interval: number, rules: listOf(either(recording, alerting)) },
          takes: { evaluationTime: number, lastEvaluation: instant },
          open: true,
        }),
      ),
    },
    open: true,
  }),
);
export const alertsAnswer = envelope(object({ needs: { alerts: listOf(alert) }, open: true }));
