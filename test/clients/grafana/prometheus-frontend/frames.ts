/** Answers of Prometheus as frames, with what the page's code looks at: types, names and labels of fields, metadata. */

type Labels = Readonly<Record<string, string>>;
type Point = readonly [seconds: number, value: string];
type HistogramPoint = readonly [
  seconds: number,
  histogram: { readonly buckets?: readonly (readonly [number, string, string, string])[] },
];

interface Series {
  readonly metric: Labels;
  readonly value?: Point;
  readonly values?: readonly Point[];
  readonly histogram?: HistogramPoint;
  readonly histograms?: readonly HistogramPoint[];
}

export interface QueryAnswer {
  readonly data: { readonly resultType: string; readonly result: readonly Series[] | Point };
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

export interface ExemplarSeries {
  readonly seriesLabels: Labels;
  readonly exemplars: readonly {
    readonly labels: Labels;
    readonly value: string;
    readonly timestamp: number;
  }[];
}

interface Field {
  readonly name: string;
  readonly type: 'time' | 'number' | 'string';
  readonly labels?: Labels;
}

export interface Frame {
  readonly schema: {
    readonly refId: string;
    readonly meta: Readonly<Record<string, unknown>>;
    readonly fields: readonly Field[];
  };
  readonly data: { readonly values: readonly (readonly unknown[])[] };
}

const TIME: Field = { name: 'Time', type: 'time' };

const milliseconds = ([seconds]: readonly [number, unknown]): number => Math.floor(seconds * 1000);

/** JSON has no NaN and no infinity: frames have null for them, and tell which it was beside the values. */
function finite(text: string): number | null {
  const value = Number(text.replace(/Inf$/, 'Infinity'));
  return Number.isFinite(value) ? value : null;
}

/** `executed` is the query as it was asked. */
export function frames(
  refId: string,
  { data, warnings = [], infos = [] }: QueryAnswer,
  executed: string,
): Frame[] {
  const notices = [
    ...warnings.map((text) => ({ severity: 'warning', text })),
    ...infos.map((text) => ({ severity: 'info', text })),
  ];
  const { resultType } = data;
  const meta = { custom: { resultType }, executedQueryString: executed, notices };
  if (resultType === 'scalar' || resultType === 'string') {
    return [numbers(refId, { ...meta, type: 'numeric-multi' }, {}, [data.result as Point])];
  }
  return (data.result as readonly Series[]).map((series) => {
    const histograms = series.histograms ?? (series.histogram ? [series.histogram] : []);
    if (histograms.length > 0) return heatmap(refId, meta, series.metric, histograms);
    const points = series.values ?? (series.value ? [series.value] : []);
    const type = resultType === 'vector' ? 'numeric-multi' : 'timeseries-multi';
    return numbers(refId, { ...meta, type }, series.metric, points);
  });
}

function numbers(
  refId: string,
  meta: Frame['schema']['meta'],
  labels: Labels,
  points: readonly Point[],
): Frame {
  return {
    schema: { refId, meta, fields: [TIME, { name: 'Value', type: 'number', labels }] },
    data: { values: [points.map(milliseconds), points.map(([, value]) => finite(value))] },
  };
}

function heatmap(
  refId: string,
  meta: Frame['schema']['meta'],
  labels: Labels,
  histograms: readonly HistogramPoint[],
): Frame {
  const cells = histograms.flatMap((point) =>
    (point[1].buckets ?? []).map((bucket) => ({ time: milliseconds(point), bucket })),
  );
  const column = (i: 1 | 2 | 3) => cells.map(({ bucket }) => finite(bucket[i]));
  return {
    schema: {
      refId,
      meta: { ...meta, type: 'heatmap-cells' },
      fields: [
        { name: 'xMax', type: 'time' },
        { name: 'yMin', type: 'number', labels },
        ...['yMax', 'count', 'yLayout'].map((name) => ({ name, type: 'number' as const })),
      ],
    },
    data: {
      values: [
        cells.map(({ time }) => time),
        column(1),
        column(2),
        column(3),
        cells.map(({ bucket }) => bucket[0]),
      ],
    },
  };
}

/** All exemplars as one frame, a field for every label. */
export function exemplarFrame(refId: string, all: readonly ExemplarSeries[]): Frame {
  const rows = all.flatMap(({ seriesLabels, exemplars }) =>
    exemplars.map(({ labels, value, timestamp }) => ({
      all: { ...seriesLabels, ...labels },
      value,
      timestamp,
    })),
  );
  rows.sort((a, b) => a.timestamp - b.timestamp);
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.all)))].sort();
  return {
    schema: {
      refId,
      meta: { custom: { resultType: 'exemplar' } },
      fields: [
        TIME,
        { name: 'Value', type: 'number' },
        ...names.map((name) => ({ name, type: 'string' as const })),
      ],
    },
    data: {
      values: [
        rows.map(({ timestamp }) => Math.floor(timestamp * 1000)),
        rows.map(({ value }) => finite(value)),
        ...names.map((name) => rows.map((row) => row.all[name] ?? '')),
      ],
    },
  };
}
