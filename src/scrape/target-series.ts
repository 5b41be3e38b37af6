/**
 * The series of one target: from the text of a series to its slot in the target's cache and to its labels. Labels
 * are worked out for texts not seen before, and again where storage has forgotten them.
 */

import { utf8Decode } from '../base/bytes.ts';
import { readSeriesText } from '../ingest/decode/exposition.ts';
import { NORMALIZE, type ScrapeBatch, START } from '../ingest/decode/exposition-lines.ts';
import { TriliteError } from '../model/errors.ts';
import type { Labels } from '../model/labels.ts';
import { type LabelRules, sampleLabels } from './sample-labels.ts';
import { SeriesCache } from './series-cache.ts';
import { type StartTimes, startGroup } from './start-times.ts';

// What a series text means depends on more than its bytes: the context it is cached under is the sample's
// `NORMALIZE` and `START`, and which of these forms the text has. `converted` is JSON (classic-histograms.ts).
const FORMS = ['text', 'openmetrics', 'protobuf', 'converted'] as const;
const FORM_SHIFT = 4;
const NORMALIZE_BITS = NORMALIZE.le | NORMALIZE.quantile;
const START_BITS = START.sample | START.created;

/** `kind`: `NORMALIZE` and `START`. */
export function contextOf(kind: number, form: (typeof FORMS)[number]): number {
  return kind | (FORMS.indexOf(form) << FORM_SHIFT);
}

/** Name and value alternating of the series text `bytes[start, end)`. Throws `bad_data`. */
export function readPairs(bytes: Uint8Array, start: number, end: number, context: number): string[] {
  const form = FORMS[context >> FORM_SHIFT]!;
  if (form === 'converted') return JSON.parse(utf8Decode(bytes.subarray(start, end)));
  return readSeriesText(bytes, start, end, form);
}

export class TargetSeries {
  readonly cache: SeriesCache;
  readonly #rules: LabelRules;
  /** Labels made in this scrape, by slot: storage asks for them right after. */
  #fresh = new Map<number, Labels>();

  constructor(rules: LabelRules) {
    this.#rules = rules;
    this.cache = new SeriesCache(rules.config.startTimestamps);
  }

  /** A scrape begins. */
  begin(): void {
    this.#fresh = new Map();
  }

  /** Adds the text that `cache.find` was just asked for, `pairs` being what `readPairs` made of it. Throws as `sampleLabels`. */
  add(bytes: Uint8Array, start: number, end: number, context: number, pairs: string[]): number {
    const group = (context & START_BITS) !== 0 ? startGroup(pairs, context) : 0;
    // A created line leaves no series.
    const created = (context & START.created) !== 0;
    const labels = created ? undefined : sampleLabels(pairs, context & NORMALIZE_BITS, this.#rules);
    const slot = this.cache.add(bytes, start, end, context, labels === undefined);
    if (this.cache.groups) this.cache.groups[slot] = group;
    if (labels) this.#fresh.set(slot, labels);
    return slot;
  }

  /**
   * The last scrape that had the series of a slot below another `# TYPE`, where that makes no difference to its labels;
   * 0 where none had.
   */
  seenOtherwise(slot: number): number {
    const { cache } = this;
    const context = cache.context[slot]!;
    const text = cache.text(slot).slice();
    let labels: Labels | undefined;
    let seen = 0;
    for (const normalize of [NORMALIZE.none, NORMALIZE.le, NORMALIZE.quantile]) {
      const other = (context & ~NORMALIZE_BITS) | normalize;
      const known = other === context ? -1 : cache.find(text, 0, text.length, other);
      if (known < 0 || cache.kept[known] === 0) continue;
      labels ??= this.labels(slot);
      const same = labels !== undefined && this.labels(known)?.equals(labels);
      if (same) seen = Math.max(seen, cache.seen[known]!);
    }
    return seen;
  }

  /**
   * Takes note of a scrape's created lines and marks them in `skip`, beside what is marked there. One that cannot be
   * read stays unmarked: the scrape fails when its turn comes. `number`: the scrape's.
   */
  noteStarts(
    starts: StartTimes,
    scrape: ScrapeBatch,
    number: number,
    skip: Uint8Array = new Uint8Array(scrape.count),
  ): Uint8Array {
    const { cache } = this;
    for (let index = 0; index < scrape.count; index++) {
      const kind = scrape.normalize[index]!;
      if ((kind & START.created) === 0) continue;
      const context = contextOf(kind, scrape.dialect);
      const start = scrape.seriesStart[index]!;
      const end = scrape.seriesEnd[index]!;
      let slot = cache.find(scrape.bytes, start, end, context);
      if (slot < 0) {
        try {
          const pairs = readPairs(scrape.bytes, start, end, context);
          slot = this.add(scrape.bytes, start, end, context, pairs);
        } catch (e) {
          if (e instanceof TriliteError) continue;
          throw e;
        }
      }
      cache.seen[slot] = number;
      starts.note(cache.groups![slot]!, scrape.values[index]!);
      skip[index] = 1;
    }
    return skip;
  }

  /** The labels of the series in `slot`. */
  labels(slot: number): Labels | undefined {
    const fresh = this.#fresh.get(slot);
    if (fresh !== undefined) return fresh;
    const context = this.cache.context[slot]!;
    const text = this.cache.text(slot);
    const pairs = readPairs(text, 0, text.length, context);
    return sampleLabels(pairs, context & NORMALIZE_BITS, this.#rules);
  }

  /** After storage took the batch: forgets texts that no scrape had for long. */
  sweep(scrape: number): void {
    this.#fresh.clear();
    this.cache.sweep(scrape);
  }
}
