/**
 * The leaf of LogQL's metric queries: entries after their pipeline become samples of series, one pair of growing
 * columns (time, value) per series, and windows over them become the output columns. Times are nanoseconds from
 * the end of the first window.
 */

import { goDurationNs } from '../../model/duration.ts';
import type { EntryChunk } from '../../model/entry-chunk.ts';
import { TriliteError } from '../../model/errors.ts';
import { parseGoFloat } from '../../model/go-float.ts';
import { quote } from '../../model/go-string.ts';
import { Labels } from '../../model/labels.ts';
import { Holding } from '../budget.ts';
import { clearColumn, createColumn } from '../exec/column.ts';
import type { ExecContext } from '../exec/context.ts';
import type { Column, Operator, Sink, Steps } from '../exec/operator.ts';
import type { RangeKernel } from '../exec/range/kernel.ts';
import { Windows } from '../exec/window.ts';
import type { Grouping, LogExpr, RangeAggExpr, RangeOp, Unwrap } from '../lang/logql/ast.ts';
import { parseBytes } from '../lang/logql/units.ts';
import { hintsFor, type ParserHints } from './hints.ts';
import { idDemands } from './id-demands.ts';
import { ERROR_LABEL, LineState } from './line-state.ts';
import { Pipeline } from './pipeline.ts';
import { logRangeKernel, NS_PER_SECOND, type WindowOp } from './range-kernels.ts';
import { type OnGrowth, SampleSeries } from './sample-series.ts';
import { beginEntry, ChunkSelection, checkSignal, type Instant, NS_PER_MS, ScanStats } from './scan.ts';
import { compileLabelFilter } from './stage/label-filter.ts';
import type { StageFn } from './stage/stage.ts';
import { type CountGrid, StepCounts } from './step-counts.ts';
import { bytesFault, durationFault, floatFault } from './value-faults.ts';

const SAMPLE_ERROR = 'SampleExtractionErr';

/** Whether an operation needs a value per sample, and which. */
function sampleValue(op: RangeOp, unwrap: Unwrap | undefined): 'none' | 'bytes' | 'unwrap' {
  if (op === 'absent_over_time') return 'none';
  if (unwrap) return 'unwrap';
  return op === 'bytes_over_time' || op === 'bytes_rate' ? 'bytes' : 'none';
}

const CONVERSIONS = {
  none: { parse: parseGoFloat, fault: floatFault },
  duration: { parse: toSeconds, fault: durationFault },
  duration_seconds: { parse: toSeconds, fault: durationFault },
  bytes: { parse: parseBytes, fault: bytesFault },
} as const;

function toSeconds(text: string): number | undefined {
  const ns = goDurationNs(text);
  return ns === undefined ? undefined : ns / 1e9;
}

/** What samples are collected in: counted where nothing else is asked of them. */
type LineSeries = SampleSeries | StepCounts;

/** Whether the operation asks how many entries, or bytes of them, a window has. */
function isCounted({ op, unwrap }: RangeAggExpr): boolean {
  if (op === 'absent_over_time') return true;
  return (
    !unwrap && (op === 'count_over_time' || op === 'rate' || op === 'bytes_over_time' || op === 'bytes_rate')
  );
}

/** Memory of a series beside its samples: labels, keys, maps. */
const SERIES_BYTES = 512;

/** How series are told apart: the labels kept, before errors. */
function effectiveGrouping(agg: RangeAggExpr, pushed: Grouping | undefined): Grouping | undefined {
  if (agg.op === 'absent_over_time') return { without: false, names: [] };
  const grouping = agg.grouping ?? pushed;
  if (agg.unwrap && (!grouping || grouping.without)) {
    return { without: true, names: [...(grouping?.names ?? []), agg.unwrap.label] };
  }
  return grouping;
}

export class LogRangeOperator implements Operator {
  readonly #agg: RangeAggExpr;
  readonly #grouping: Grouping | undefined;
  readonly #hints: ParserHints;
  readonly #pipeline: Pipeline;
  readonly #filters: readonly StageFn[];
  readonly #value: 'none' | 'bytes' | 'unwrap';
  /** Undefined where samples are only counted in their windows. */
  readonly #kernel: RangeKernel | undefined;
  readonly #grid: CountGrid;
  readonly #steps: Steps;
  readonly #context: ExecContext;
  readonly #stats: ScanStats;
  readonly #state = new LineState();
  readonly #selection = new ChunkSelection();
  /** Series by the values of the labels that are grouped by, by the way a line's labels came to be, and by label set. */
  readonly #byValues = new Map<string | undefined, LineSeries>();
  readonly #byAll = new Map<string | undefined, LineSeries>();
  readonly #byLabels = new Map<string, LineSeries>();
  readonly #holding: Holding;
  /** Of the times that kernels have seen. */
  #version = 0;
  /** Milliseconds that sample times count from: the end of the first window. */
  readonly #baseMs: number;

  /** Nanoseconds of the windows' ends within their millisecond. */
  readonly #endNs: number;

  /** `pushed`: the grouping of a sum around this function. Throws where a stage cannot be built. */
  constructor(
    agg: RangeAggExpr,
    pushed: Grouping | undefined,
    steps: Steps,
    context: ExecContext,
    stats: ScanStats = new ScanStats(),
    endNs = 0,
  ) {
    this.#endNs = endNs;
    this.#agg = agg;
    this.#steps = steps;
    this.#context = context;
    this.#stats = stats;
    this.#grouping = effectiveGrouping(agg, pushed);
    this.#hints = hintsFor(agg.log, agg.unwrap, this.#grouping);
    this.#pipeline = new Pipeline(agg.log.stages, this.#hints);
    this.#filters = (agg.unwrap?.filters ?? []).map((f) => compileLabelFilter(f, 'lenient'));
    this.#value = sampleValue(agg.op, agg.unwrap);
    this.#kernel = isCounted(agg) ? undefined : logRangeKernel(agg.op as WindowOp, agg.param ?? 0);
    this.#baseMs = steps.startMs - agg.offsetMs;
    this.#holding = new Holding(context.budget);
    this.#grid = {
      firstEnd: endNs,
      stepWidth: steps.stepMs * NS_PER_MS,
      stepCount: steps.count,
      range: agg.rangeMs * NS_PER_MS,
    };
  }

  async run(sink: Sink): Promise<void> {
    const { rangeMs } = this.#agg;
    const lastMs = this.#baseMs + (this.#steps.count - 1) * this.#steps.stepMs;
    // The window is left-open: from one nanosecond after its start up to and with its end.
    const start: Instant = { ms: this.#baseMs - rangeMs, ns: this.#endNs + 1 };
    const end: Instant = { ms: lastMs, ns: this.#endNs + 1 };
    const { signal } = this.#context.budget;
    const cursor = await this.#context.storage.logs.select(
      {
        matchers: this.#agg.log.matchers,
        minMs: start.ms,
        maxMs: lastMs,
        direction: 'forward',
        contains: this.#pipeline.filter.contains,
        ids: idDemands(this.#agg.log.stages),
        withoutLines: !this.#pipeline.readsLines,
      },
      signal,
    );
    try {
      while (await cursor.nextBatch()) {
        checkSignal(signal);
        while (cursor.next()) this.#chunk(cursor.labels(), cursor.chunk(), start, end);
      }
      this.#emit(sink);
    } finally {
      cursor.close();
      this.#holding.release();
    }
  }

  // -------------------------------------------------------------------------------------- collecting

  #chunk(stream: Labels, chunk: EntryChunk, start: Instant, end: Instant): void {
    const selection = this.#selection;
    selection.select(stream, chunk, start, end, this.#pipeline, this.#stats);
    if (selection.from >= selection.to) return;
    const shift = (chunk.baseMs - this.#baseMs) * NS_PER_MS;
    const series = this.#streamSeries(stream);
    if (series) this.#pushAll(chunk, shift, series);
    else this.#pushEach(stream, chunk, shift);
  }

  /** The one series of all of a stream's lines, where neither lines nor metadata can tell them apart. */
  #streamSeries(stream: Labels): LineSeries | undefined {
    const grouping = this.#grouping;
    if (!this.#pipeline.isEmpty || this.#agg.unwrap || !grouping || grouping.without) return undefined;
    if (!grouping.names.every((name) => stream.has(name))) return undefined;
    return this.#seriesOf(
      stream.filter((name) => grouping.names.includes(name)),
      undefined,
    );
  }

  /** Fast path: no line is looked at. */
  #pushAll(chunk: EntryChunk, shift: number, series: LineSeries): void {
    const { from, to, passed } = this.#selection;
    const { offsetsNs, lineEnds } = chunk;
    for (let i = from; i < to; i++) {
      if (passed !== undefined && passed[i] === 0) continue;
      const length = this.#value === 'bytes' ? lineEnds[i]! - (i === 0 ? 0 : lineEnds[i - 1]!) : 1;
      series.push(offsetsNs[i]! + shift, length);
      this.#stats.postFilterLines++;
    }
  }

  #pushEach(stream: Labels, chunk: EntryChunk, shift: number): void {
    const { from, to, passed } = this.#selection;
    const state = this.#state;
    for (let i = from; i < to; i++) {
      if (passed !== undefined && passed[i] === 0) continue;
      beginEntry(state, stream, chunk, i);
      if (!this.#pipeline.run(state)) continue;
      const value = this.#sample(state);
      if (value === undefined) continue;
      this.#stats.postFilterLines++;
      this.#lineSeries(state).push(chunk.offsetsNs[i]! + shift, value);
    }
  }

  /** The sample's value; undefined where the line yields none. */
  #sample(state: LineState): number | undefined {
    const { unwrap } = this.#agg;
    if (!unwrap) return this.#value === 'bytes' ? state.byteLength() : 1;
    const at = state.indexOf(unwrap.label);
    if (at < 0) return undefined;
    let value = unwrap.conversion === 'none' ? state.decimalAt(at) : undefined;
    if (value === undefined) {
      const text = state.valueAt(at);
      if (text === '') return undefined;
      const { parse, fault } = CONVERSIONS[unwrap.conversion];
      value = parse(text);
      if (value === undefined) {
        value = 0;
        state.setError(SAMPLE_ERROR, fault(text));
      }
    }
    for (const filter of this.#filters) if (!filter(state)) return undefined;
    return value;
  }

  #lineSeries(state: LineState): LineSeries {
    const grouping = this.#grouping;
    const preserved = state.parserFailed && this.#hints.preservesError();
    const failed = state.error !== '' && !preserved;
    const isGrouped = grouping !== undefined && !grouping.without && !failed;
    const known = isGrouped ? this.#byValues : this.#byAll;
    const key = isGrouped ? byKey(state, grouping.names) : state.groupKey();
    let series = known.get(key);
    if (!series) {
      const labels = this.#lineLabels(state, failed);
      // A label that a line itself names so counts as an error as well.
      const names = !preserved && labels.pairs.some((text, i) => i % 2 === 0 && text === ERROR_LABEL);
      const error = names ? labels.get(ERROR_LABEL) : undefined;
      series = this.#seriesOf(labels, failed ? state.error : error);
      known.set(key, series);
    }
    return series;
  }

  #lineLabels(state: LineState, failed: boolean): Labels {
    const grouping = this.#grouping;
    // Empty labels are kept, as the original does for what comes right from lines.
    if (!grouping || failed) return Labels.fromSorted(state.sortedPairs(() => true));
    const names = new Set(grouping.names);
    return Labels.fromSorted(state.sortedPairs((name) => names.has(name) !== grouping.without));
  }

  #seriesOf(labels: Labels, error: string | undefined): LineSeries {
    const key = labels.key();
    let series = this.#byLabels.get(key);
    if (!series) {
      this.#holding.add(0, SERIES_BYTES);
      const grow: OnGrowth = (samples, bytes) => this.#holding.add(samples, bytes);
      series = this.#kernel
        ? new SampleSeries(labels, error, grow)
        : new StepCounts(labels, error, this.#grid, this.#value === 'bytes', grow);
      this.#byLabels.set(key, series);
    }
    return series;
  }

  // ---------------------------------------------------------------------------------------- emitting

  #emit(sink: Sink): void {
    const { stepCount } = this.#grid;
    const windows = new Windows(stepCount);
    const column = createColumn(stepCount);
    const absent = this.#agg.op === 'absent_over_time';
    if (absent && this.#byLabels.size === 0) this.#seriesOf(Labels.EMPTY, undefined);
    for (const series of this.#byLabels.values()) {
      clearColumn(column);
      column.labels = absent ? absentLabels(this.#agg.log) : series.labels;
      if (series instanceof StepCounts) this.#counted(series, column);
      else this.#windowed(series, windows, column);
      if (column.present.includes(1)) sink(column);
    }
  }

  #counted(series: StepCounts, column: Column): void {
    series.total();
    const { counts, sums } = series;
    const { stepCount, range } = this.#grid;
    const { op } = this.#agg;
    this.#context.budget.read(stepCount);
    const divisor = op === 'rate' || op === 'bytes_rate' ? range / NS_PER_SECOND : 1;
    const absent = op === 'absent_over_time';
    if (series.error !== undefined) {
      if (counts.some((n) => n > 0)) refuseError(series);
      return;
    }
    for (let i = 0; i < stepCount; i++) {
      if (counts[i]! > 0 === absent) continue;
      column.values[i] = absent ? 1 : sums[i]! / divisor;
      column.present[i] = 1;
    }
  }

  #windowed(series: SampleSeries, windows: Windows, column: Column): void {
    this.#context.budget.read(series.count);
    series.sort();
    windows.slide(series.times, series.count, this.#grid);
    const { lo, hi } = windows;
    if (series.error !== undefined) {
      if (lo.some((from, i) => from < hi[i]!)) refuseError(series);
      return;
    }
    const input = {
      ...this.#grid,
      labels: series.labels,
      count: series.count,
      times: series.times,
      values: series.values,
      lo,
      hi,
      startTimes: undefined,
      histograms: undefined,
      timesVersion: this.#version++,
      unitsPerSecond: NS_PER_SECOND,
    };
    this.#kernel!(input, column, SILENT);
  }
}

const SILENT = { warn: (): void => {}, info: (): void => {} };

/** A key of the values that a `by` grouping keeps. */
function byKey(state: LineState, names: readonly string[]): string | undefined {
  // A value alone is its own key: its hash is known where it came before.
  if (names.length === 1) return groupedValue(state, names[0]!);
  let key = '';
  for (const name of names) {
    const value = groupedValue(state, name);
    key += value === undefined ? '-' : `${value.length}.${value}`;
  }
  return key;
}

/** A label's value, which may be empty, or the error that stands for it; undefined where there is neither. */
function groupedValue(state: LineState, name: string): string | undefined {
  const i = state.indexOf(name);
  return i < 0 ? state.get(name) || undefined : state.valueAt(i);
}

function* pairsOf(flat: readonly string[]): Generator<[string, string]> {
  for (let i = 0; i < flat.length; i += 2) yield [flat[i]!, flat[i + 1]!];
}

/** A series that carries an error fails the query where one of its samples is asked for. */
function refuseError(series: LineSeries): never {
  const error = series.labels.get(ERROR_LABEL) || (series.error ?? '');
  throw new TriliteError(
    'bad_data',
    `pipeline error: '${error}' for series: '${labelsText(series.labels)}'.\n` +
      `Use a label filter to intentionally skip this error. (e.g | __error__!="${error}").\n` +
      'To skip all potential errors you can match empty errors.(e.g __error__="")\n' +
      'The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__="" )\n',
  );
}

export function labelsText(labels: Labels): string {
  const parts: string[] = [];
  for (const [name, value] of pairsOf(labels.pairs)) parts.push(`${name}=${quote(value)}`);
  return `{${parts.join(', ')}}`;
}

/** Labels that the selector fixes: one equality matcher and no other on the name. */
function absentLabels(log: LogExpr): Labels {
  const fixed: [string, string][] = [];
  for (const m of log.matchers) {
    if (m.type === '=' && log.matchers.filter((o) => o.name === m.name).length === 1)
      fixed.push([m.name, m.value]);
  }
  return Labels.from(fixed);
}
