/**
 * Metrics as a query sees them that is asked of some series only: those that one of the matcher sets accepts. They come set by
 * set; a series that an earlier set has is passed over.
 */

import { assert } from '../../base/assert.ts';
import type { Labels } from '../../model/labels.ts';
import { type Matcher, matchesAll } from '../../model/matcher.ts';
import type { LabelQuery, MetricReader, SeriesCursor } from '../../storage/interface.ts';

export class ChosenSeries {
  readonly reader: MetricReader;
  readonly #sets: readonly (readonly Matcher[])[];
  readonly #max: number;
  /** Whether there were more series than `max`, which are not given. */
  cut = false;

  constructor(metrics: MetricReader, sets: readonly (readonly Matcher[])[], max = Number.POSITIVE_INFINITY) {
    // No set at all would mean every series.
    assert(sets.length > 0, 'sets to choose series by');
    this.#sets = sets;
    this.#max = max;
    this.reader = {
      select: async (query, signal) => {
        const cursors: SeriesCursor[] = [];
        try {
          for (const set of sets) {
            cursors.push(await metrics.select({ ...query, matchers: [...query.matchers, ...set] }, signal));
          }
        } catch (error) {
          for (const cursor of cursors) cursor.close();
          throw error;
        }
        return this.#oneAfterAnother(cursors);
      },
      series: (query) => metrics.series(this.#within(query)),
      labelNames: (query) => metrics.labelNames(this.#within(query)),
      labelValues: (name, query) => metrics.labelValues(name, { ...query, ...this.#within(query) }),
      exemplars: (query) => metrics.exemplars(this.#within(query)),
      metadata: () => metrics.metadata(),
    };
  }

  #within(query: LabelQuery): LabelQuery {
    const wanted = query.matcherSets.length === 0 ? [[]] : query.matcherSets;
    const matcherSets = wanted.flatMap((own) => this.#sets.map((set) => [...own, ...set]));
    return { ...query, matcherSets };
  }

  #oneAfterAnother(cursors: readonly SeriesCursor[]): SeriesCursor {
    let at = 0;
    let given = 0;
    const isEarlier = (labels: Labels) => this.#sets.slice(0, at).some((set) => matchesAll(set, labels));
    return {
      nextBatch: async () => {
        for (; at < cursors.length && !this.cut; at++) if (await cursors[at]!.nextBatch()) return true;
        return false;
      },
      next: () => {
        const cursor = cursors[at]!;
        while (cursor.next()) {
          if (isEarlier(cursor.labels())) continue;
          if (given === this.#max) {
            this.cut = true;
            return false;
          }
          given++;
          return true;
        }
        return false;
      },
      labels: () => cursors[at]!.labels(),
      read: (into) => cursors[at]!.read(into),
      close: () => {
        for (const cursor of cursors) cursor.close();
      },
    };
  }
}
