/**
 * `histogram_quantile`, `histogram_quantiles` and `histogram_fraction`: one answer per histogram and step, be it
 * native or the classic series of one histogram, which differ in `le` alone. A step where both are there under
 * the same labels has no answer.
 */

import type { TextSpan } from '../../../model/errors.ts';
import { formatFloat } from '../../../model/float-format.ts';
import { quote } from '../../../model/go-string.ts';
import type { Histogram } from '../../../model/histogram.ts';
import { type Labels, METRIC_NAME } from '../../../model/labels.ts';
import { Holding } from '../../budget.ts';
import { clearColumn, collectScalar, columnBytes, createColumn, hasAny, hasHistogram } from '../column.ts';
import type { ExecContext } from '../context.ts';
import { withoutMetricName } from '../metric-name.ts';
import type { Column, Operator, Sink, Steps } from '../operator.ts';
import { quantileWarning } from '../quantile.ts';
import { stepTime } from '../steps.ts';
import {
  type ClassicBuckets,
  classicFraction,
  classicQuantile,
  lastMended,
  prepareBuckets,
} from './classic-quantile.ts';
import { histogramFraction, histogramQuantile, lastFraction, lastQuantile } from './native-quantile.ts';

export interface HistogramFunctionOptions {
  readonly kind: 'quantile' | 'quantiles' | 'fraction';
  /** The label of `quantiles` that takes φ. */
  readonly label?: string | undefined;
  readonly delayNameRemoval: boolean;
  /** Where annotations point: the vector, and the first parameter. */
  readonly span: TextSpan | undefined;
  readonly paramSpans: readonly (TextSpan | undefined)[];
  /** The call. */
  readonly by: TextSpan | undefined;
}

interface ClassicBucket {
  readonly bound: number;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

interface Group {
  readonly labels: Labels;
  dropName: boolean;
  readonly buckets: ClassicBucket[];
  native: (Histogram | undefined)[] | undefined;
}

/** `1`, `+Inf`, `1e-3`: a bucket's bound; undefined where it is none. */
export function parseBound(le: string): number | undefined {
  const lower = le.toLowerCase();
  if (/^\+?inf(inity)?$/.test(lower)) return Number.POSITIVE_INFINITY;
  if (/^-inf(inity)?$/.test(lower)) return Number.NEGATIVE_INFINITY;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(lower)) return undefined;
  return Number(lower);
}

export class HistogramFunctionOperator implements Operator {
  readonly #input: Operator;
  readonly #params: readonly Operator[];
  readonly #steps: Steps;
  readonly #options: HistogramFunctionOptions;
  readonly #context: ExecContext;
  readonly #held: Holding;

  constructor(
    input: Operator,
    params: readonly Operator[],
    steps: Steps,
    options: HistogramFunctionOptions,
    context: ExecContext,
  ) {
    this.#input = input;
    this.#params = params;
    this.#steps = steps;
    this.#options = options;
    this.#context = context;
    this.#held = new Holding(context.budget);
  }

  async run(sink: Sink): Promise<void> {
    const params: Float64Array[] = [];
    for (const param of this.#params) params.push(await collectScalar(param, this.#steps.count));
    this.#checkParams(params);
    const groups = new Map<string, Group>();
    await this.#input.run((column) => {
      if (hasAny(column)) this.#take(groups, column);
    });
    const out = createColumn(this.#steps.count);
    const { kind, label } = this.#options;
    for (const group of groups.values()) {
      if (kind === 'fraction') this.#emit(group, out, sink, undefined, params);
      else for (const phi of params) this.#emit(group, out, sink, label, [phi]);
    }
    this.#held.release();
  }

  #checkParams(params: readonly Float64Array[]): void {
    if (this.#options.kind === 'fraction') return;
    for (const [i, phi] of params.entries()) {
      for (const q of phi) {
        const warning = quantileWarning(q);
        const { paramSpans, by } = this.#options;
        if (warning !== undefined) this.#context.annotations.warn(warning, paramSpans[i], by);
      }
    }
  }

  #take(groups: Map<string, Group>, column: Column): void {
    const { labels, histograms, present, values } = column;
    if (histograms !== undefined && hasHistogram(column)) {
      const group = groupOf(groups, labels, column.dropName);
      this.#held.add(present.length, columnBytes(column));
      group.native ??= new Array<Histogram | undefined>(present.length).fill(undefined);
      for (let i = 0; i < present.length; i++) if (present[i] === 1) group.native[i] ??= histograms[i];
    }
    const floats = present.slice();
    if (histograms) for (let i = 0; i < floats.length; i++) if (histograms[i] !== undefined) floats[i] = 0;
    if (!floats.includes(1)) return;
    const le = labels.get('le');
    const bound = parseBound(le);
    if (bound === undefined) {
      this.#warn(`bucket label "le" is missing or has a malformed value of ${quote(le)}`, labels);
      return;
    }
    this.#held.add(floats.length, columnBytes({ ...column, histograms: undefined }));
    const group = groupOf(groups, labels.without('le'), column.dropName);
    group.buckets.push({ bound, values: values.slice(), present: floats });
  }

  #warn(text: string, labels: Labels): void {
    const named = this.#options.delayNameRemoval ? ` for metric name ${quote(labels.get(METRIC_NAME))}` : '';
    this.#context.annotations.warn(text + named, this.#options.span);
  }

  #emit(
    group: Group,
    out: Column,
    sink: Sink,
    label: string | undefined,
    params: readonly Float64Array[],
  ): void {
    if (label === undefined || !this.#dependsOnStep(params[0]!)) {
      clearColumn(out);
      for (let i = 0; i < this.#steps.count; i++) this.#step(group, i, out, params);
      this.#push(group, out, sink, label, params[0]![0]!);
      return;
    }
    // Special case: φ changes from step to step, and with it the label.
    for (const phi of new Set(params[0])) {
      clearColumn(out);
      for (let i = 0; i < this.#steps.count; i++) {
        if (Object.is(params[0]![i], phi)) this.#step(group, i, out, params);
      }
      this.#push(group, out, sink, label, phi);
    }
  }

  #dependsOnStep(phi: Float64Array): boolean {
    return phi.some((v) => !Object.is(v, phi[0]));
  }

  #push(group: Group, out: Column, sink: Sink, label: string | undefined, phi: number): void {
    out.dropName = this.#options.delayNameRemoval || group.dropName;
    out.labels = this.#options.delayNameRemoval ? group.labels : withoutMetricName(group.labels);
    if (label !== undefined) out.labels = out.labels.with(label, openMetricsFloat(phi));
    sink(out);
  }

  #step(group: Group, i: number, out: Column, params: readonly Float64Array[]): void {
    const native = group.native?.[i];
    const buckets = native === undefined ? this.#bucketsAt(group, i) : undefined;
    if (native !== undefined && group.buckets.some((b) => b.present[i] === 1)) {
      this.#warn('vector contains a mix of classic and native histograms', group.labels);
      return;
    }
    const { kind } = this.#options;
    if (native !== undefined) {
      out.values[i] =
        kind === 'fraction'
          ? histogramFraction(params[0]![i]!, params[1]![i]!, native)
          : histogramQuantile(params[0]![i]!, native);
      this.#noteNaN(group.labels);
    } else if (buckets !== undefined) {
      const usable = prepareBuckets(buckets);
      if (!usable) out.values[i] = outOfRange(kind, params[0]![i]!);
      else if (kind === 'fraction') out.values[i] = classicFraction(params[0]![i]!, params[1]![i]!, buckets);
      else {
        out.values[i] = classicQuantile(params[0]![i]!, buckets);
        if (lastMended.forced) {
          const name = this.#options.delayNameRemoval ? group.labels.get(METRIC_NAME) : undefined;
          this.#context.annotations.monotonicity.add(
            stepTime(this.#steps, i),
            name,
            lastMended,
            this.#options.span,
          );
        }
      }
    } else return;
    out.present[i] = 1;
  }

  readonly #scratch: ClassicBuckets = {
    bounds: new Float64Array(16),
    counts: new Float64Array(16),
    count: 0,
  };

  #bucketsAt(group: Group, i: number): ClassicBuckets | undefined {
    const scratch = this.#scratch;
    if (scratch.bounds.length < group.buckets.length) {
      scratch.bounds = new Float64Array(group.buckets.length * 2);
      scratch.counts = new Float64Array(group.buckets.length * 2);
    }
    scratch.count = 0;
    for (const { bound, values, present } of group.buckets) {
      if (present[i] === 0) continue;
      scratch.bounds[scratch.count] = bound;
      scratch.counts[scratch.count++] = values[i]!;
    }
    return scratch.count === 0 ? undefined : scratch;
  }

  #noteNaN(labels: Labels): void {
    const { annotations } = this.#context;
    const { kind, span } = this.#options;
    const named = ` for metric name ${quote(labels.get(METRIC_NAME))}`;
    if (kind === 'fraction') {
      const what = 'input to histogram_fraction has NaN observations, which are excluded from all fractions';
      if (lastFraction.hasNaN) annotations.info(what + named, span);
      return;
    }
    const { note } = lastQuantile;
    if (note === undefined) return;
    const what = note === 'nan_result' ? 'result is NaN' : 'result is skewed higher';
    annotations.info(`input to histogram_quantile has NaN observations, ${what}${named}`, span);
  }
}

/** The answer of buckets without a +Inf one. */
function outOfRange(kind: HistogramFunctionOptions['kind'], q: number): number {
  if (kind === 'fraction' || !(q < 0 || q > 1)) return Number.NaN;
  return q < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function groupOf(groups: Map<string, Group>, labels: Labels, dropName: boolean | undefined): Group {
  let group = groups.get(labels.key());
  if (group === undefined) {
    group = { labels, dropName: false, buckets: [], native: undefined };
    groups.set(labels.key(), group);
  }
  if (dropName) group.dropName = true;
  return group;
}

/** A float as OpenMetrics writes label values: `0.9`, `1.0`, `+Inf`. */
function openMetricsFloat(value: number): string {
  // Without the sign of -0.
  const text = formatFloat(value === 0 ? 0 : value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
