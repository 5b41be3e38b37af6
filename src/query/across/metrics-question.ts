/** The series of a trace's resources, in its time; as they are, or what PromQL makes of them. */

import type { ResourceKind } from '../../model/correlate/resource-labels.ts';
import { wholeTraceId } from '../../model/correlate/trace-id.ts';
import { TriliteError } from '../../model/errors.ts';
import { DEFAULT_QUERY_SETTINGS } from '../../model/query-settings.ts';
import type { TimeRange } from '../../storage/interface.ts';
import { evaluatePromql } from '../engine.ts';
import type { PromqlResult, QueryStats } from '../result.ts';
import type { ServiceContext } from '../service.ts';
import { ChosenSeries } from './chosen-series.ts';
import { SERIES_MAX } from './limits.ts';
import {
  type ResourceSelector,
  resourceSelectors,
  servicesOf,
  WANTED_ATTRIBUTES,
} from './resource-selectors.ts';
import { resourcesOf, type TraceResources } from './resources.ts';

export interface MetricsQuestion {
  readonly trace: string;
  /** '' gives the series themselves, up to `SERIES_MAX`. */
  readonly promql: string;
  /** Instead of the trace's time with slack. */
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
  readonly slackMs: number;
  /** Undefined: what makes about `POINTS` points. */
  readonly stepMs: number | undefined;
  /** Kinds of selectors that are wanted; all where it is empty. */
  readonly by: readonly ResourceKind[];
}

export interface MetricsAnswer {
  readonly result: PromqlResult | undefined;
  readonly range: TimeRange;
  readonly stepMs: number;
  readonly found: TraceResources;
  readonly services: readonly string[];
  readonly selectors: readonly ResourceSelector[];
  /** There are more series. */
  readonly cut: boolean;
}

/** Of a series where the question names no step. */
const POINTS = 60;
/** Of a series at most, as everywhere. */
const POINTS_MAX = 11_000;
const EVERYTHING = '{__name__!=""}';

/** Throws `not_found` where there is no such trace, `bad_data` where an id or query is none. */
export async function askMetrics(question: MetricsQuestion, context: ServiceContext): Promise<MetricsAnswer> {
  const { storage } = context;
  const id = wholeTraceId(question.trace.trim());
  if (id === undefined) {
    throw new TriliteError('bad_data', `${JSON.stringify(question.trace)} is no trace id`);
  }
  const found = await resourcesOf(storage.traces, id, WANTED_ATTRIBUTES);
  if (!found) throw new TriliteError('not_found', `no trace ${id} is stored`);
  const range = {
    minMs: question.startMs ?? found.extent.minMs - question.slackMs,
    maxMs: question.endMs ?? found.extent.maxMs + question.slackMs,
  };
  if (range.maxMs < range.minMs) throw new TriliteError('bad_data', 'the end must not be before the start');
  const stepMs =
    question.stepMs ?? Math.max(1, Math.ceil((range.maxMs - range.minMs) / 1000 / POINTS)) * 1000;
  if ((range.maxMs - range.minMs) / stepMs > POINTS_MAX) {
    throw new TriliteError('bad_data', `more than ${POINTS_MAX} points per series: the step is too small`);
  }
  const selectors = await resourceSelectors(storage.metrics, found.resources, range, question.by);
  const services = servicesOf(found.resources);
  const joined = { range, stepMs, found, services, selectors };
  if (selectors.length === 0) return { ...joined, result: undefined, cut: false };
  const isPlain = question.promql.trim() === '';
  const max = isPlain ? SERIES_MAX : Number.POSITIVE_INFINITY;
  const chosen = new ChosenSeries(
    storage.metrics,
    selectors.map(({ matchers }) => matchers),
    max,
  );
  const text = isPlain ? EVERYTHING : question.promql;
  const result = await evaluate(text, { ...joined, chosen }, context);
  return { ...joined, result, cut: chosen.cut };
}

function evaluate(
  text: string,
  over: { readonly range: TimeRange; readonly stepMs: number; readonly chosen: ChosenSeries },
  context: ServiceContext,
): Promise<PromqlResult> {
  const { storage, signal } = context;
  const settings = context.query ?? DEFAULT_QUERY_SETTINGS;
  const { samplesMax, bytesMax } = settings;
  const onEnd = ({ samplesRead, seriesRead, peakSamples, peakBytes }: QueryStats) =>
    context.report?.({ samplesRead, seriesRead, peakSamples, peakBytes });
  const seen = {
    metrics: over.chosen.reader,
    logs: storage.logs,
    traces: storage.traces,
    warnings: () => storage.warnings?.() ?? [],
  };
  const grid = { startMs: over.range.minMs, endMs: over.range.maxMs, stepMs: over.stepMs, instant: false };
  return evaluatePromql(
    text,
    { ...settings, ...grid },
    { storage: seen, signal, limits: { samplesMax, bytesMax }, onEnd },
  );
}
