/**
 * What the process tells of itself: counters, gauges, histograms and summaries, printed in the text exposition format 0.0.4.
 *
 * A family is made once; a child (one label combination) is looked up once where the work is set up and then
 * counted on directly, so that counting costs an addition. What is cheaper to ask than to track is set by a
 * callback right before printing (`onCollect`).
 */

import { assert } from './assert.ts';
import { Summary } from './summary.ts';

type FamilyType = 'counter' | 'gauge' | 'histogram' | 'summary';

/** Only grows. */
export class Counter {
  value = 0;

  add(n = 1): void {
    this.value += n;
  }
}

export class Gauge {
  value = 0;

  set(value: number): void {
    this.value = value;
  }

  add(n: number): void {
    this.value += n;
  }
}

export class HistogramCounter {
  /** Upper bounds, ascending, without +Inf. */
  readonly bounds: readonly number[];
  /** One count per bound and one for the rest; not cumulative. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let i = 0;
    while (i < this.bounds.length && value > this.bounds[i]!) i++;
    this.counts[i]!++;
    this.sum += value;
  }
}

/** Seconds; from a quick look-up to a query that meets its deadline. */
export const DURATION_BUCKETS: readonly number[] = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60];

/** In place of label names: each child has labels of its own, as metrics made from log lines do. */
export type LabelNames = readonly string[] | 'free';

interface Sample<Child> {
  readonly names: readonly string[];
  readonly values: readonly string[];
  readonly child: Child;
}

/** A metric name with its children, one for each combination of label values. */
export class Family<Child> {
  readonly name: string;
  readonly help: string;
  readonly type: FamilyType;
  readonly labelNames: LabelNames;
  readonly #make: () => Child;
  readonly #children = new Map<string, Sample<Child>>();

  constructor(name: string, help: string, type: FamilyType, labelNames: LabelNames, make: () => Child) {
    this.name = name;
    this.help = help;
    this.type = type;
    this.labelNames = labelNames;
    this.#make = make;
  }

  /** The child of these label values, in the order of the names. */
  with(...values: readonly string[]): Child {
    const names = this.labelNames;
    assert(names !== 'free' && values.length === names.length, `${this.name} has labels ${names}`);
    return this.#child(names, values);
  }

  /** The child with these labels, of a family that leaves them free. */
  withLabels(names: readonly string[], values: readonly string[]): Child {
    assert(this.labelNames === 'free', `${this.name} has labels ${this.labelNames}`);
    return this.#child(names, values);
  }

  #child(names: readonly string[], values: readonly string[]): Child {
    const labels = printLabels(names, values);
    const known = this.#children.get(labels);
    if (known !== undefined) return known.child;
    const child = this.#make();
    this.#children.set(labels, { names, values, child });
    return child;
  }

  /** Forgets one child, if it is there. */
  forget(names: readonly string[], values: readonly string[]): void {
    this.#children.delete(printLabels(names, values));
  }

  /** Forgets all children; for families that a collector fills anew each time. */
  clear(): void {
    this.#children.clear();
  }

  /** Printed labels (without braces) and the child, in the order in which they were made. */
  *children(): IterableIterator<[labels: string, child: Child]> {
    for (const [labels, { child }] of this.#children) yield [labels, child];
  }

  /** The children with the names and values of their labels. */
  samples(): IterableIterator<Sample<Child>> {
    return this.#children.values();
  }
}

/** A family of any type. */
export type AnyFamily = Family<Counter> | Family<Gauge> | Family<HistogramCounter> | Family<Summary>;

/** A set of families; one per process, one per test. */
export class Telemetry {
  readonly #families = new Map<string, AnyFamily>();
  readonly #collectors = new Set<() => void>();

  /** The family of that name; made when it is asked for first. */
  counter(name: string, help: string, labelNames: LabelNames = []): Family<Counter> {
    return this.#family(name, help, 'counter', labelNames, () => new Counter()) as Family<Counter>;
  }

  gauge(name: string, help: string, labelNames: LabelNames = []): Family<Gauge> {
    return this.#family(name, help, 'gauge', labelNames, () => new Gauge()) as Family<Gauge>;
  }

  histogram(
    name: string,
    help: string,
    labelNames: LabelNames = [],
    bounds: readonly number[] = DURATION_BUCKETS,
  ): Family<HistogramCounter> {
    const make = () => new HistogramCounter(bounds);
    return this.#family(name, help, 'histogram', labelNames, make) as Family<HistogramCounter>;
  }

  summary(
    name: string,
    help: string,
    quantiles: readonly number[],
    labelNames: LabelNames = [],
  ): Family<Summary> {
    const make = () => new Summary(quantiles);
    return this.#family(name, help, 'summary', labelNames, make) as Family<Summary>;
  }

  #family<Child extends Counter | Gauge | HistogramCounter | Summary>(
    name: string,
    help: string,
    type: FamilyType,
    labelNames: LabelNames,
    make: () => Child,
  ): AnyFamily {
    const known = this.#families.get(name);
    if (known) {
      assert(
        known.type === type && String(known.labelNames) === String(labelNames),
        `${name} was made otherwise`,
      );
      return known;
    }
    const family = new Family<Child>(name, help, type, labelNames, make);
    this.#families.set(name, family as never);
    return family as never;
  }

  /** The family of that name, if there is one. */
  find(name: string): AnyFamily | undefined {
    return this.#families.get(name);
  }

  /** Runs before every printing, until the function that it gives back is called. */
  onCollect(collect: () => void): () => void {
    this.#collectors.add(collect);
    return () => this.#collectors.delete(collect);
  }

  /** All families, collected anew. */
  families(): readonly AnyFamily[] {
    for (const collect of this.#collectors) collect();
    return [...this.#families.values()];
  }

  /** Everything in text format 0.0.4. */
  print(): string {
    let out = '';
    for (const family of this.families()) {
      out += `# HELP ${family.name} ${escapeHelp(family.help)}\n# TYPE ${family.name} ${family.type}\n`;
      for (const [labels, child] of family.children()) out += printChild(family.name, labels, child);
    }
    return out;
  }
}

export const TEXT_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

function printLabels(names: readonly string[], values: readonly string[]): string {
  return names.map((name, i) => `${name}="${escapeValue(values[i]!)}"`).join(',');
}

function printChild(
  name: string,
  labels: string,
  child: Counter | Gauge | HistogramCounter | Summary,
): string {
  if (child instanceof HistogramCounter) return printHistogram(name, labels, child);
  if (child instanceof Summary) return printSummary(name, labels, child);
  return printSample(name, labels, child.value);
}

function printSample(name: string, labels: string, value: number): string {
  return `${name}${labels === '' ? '' : `{${labels}}`} ${printNumber(value)}\n`;
}

function printHistogram(name: string, labels: string, histogram: HistogramCounter): string {
  const prefix = labels === '' ? '' : `${labels},`;
  let out = '';
  let total = 0;
  histogram.counts.forEach((count, i) => {
    total += count;
    const bound = i < histogram.bounds.length ? printNumber(histogram.bounds[i]!) : '+Inf';
    out += printSample(`${name}_bucket`, `${prefix}le="${bound}"`, total);
  });
  return (
    out + printSample(`${name}_sum`, labels, histogram.sum) + printSample(`${name}_count`, labels, total)
  );
}

function printSummary(name: string, labels: string, summary: Summary): string {
  const prefix = labels === '' ? '' : `${labels},`;
  const values = summary.values();
  const quantiles = summary.quantiles.map((q, i) =>
    printSample(name, `${prefix}quantile="${q}"`, values[i]!),
  );
  const { sum, count } = summary;
  return (
    quantiles.join('') + printSample(`${name}_sum`, labels, sum) + printSample(`${name}_count`, labels, count)
  );
}

function printNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

function escapeValue(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
