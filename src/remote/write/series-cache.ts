/**
 * What a remote gets a series as: external labels added, relabelled, and in the form that its requests need. Made once and
 * kept as long as the series comes; of series that have not come for long, what is kept goes when memory is short.
 */

import { withExternalLabels } from '../../model/external-labels.ts';
import type { Labels } from '../../model/labels.ts';
import { type RelabelRule, relabel } from '../../model/relabel.ts';
import type { RequestFormat } from './request.ts';

/** For all remotes together; twice as much where series change. A series takes about 300 bytes. */
const KEPT_MAX_BYTES = 64 * 1024 * 1024;
const DROPPED_BYTES = 60;

/** Why a series is not sent: a rule drops it, or its labels are lost. */
export type NotSent = 'dropped_series' | 'unintentionally_dropped_series';

export interface SeriesCacheParts<Series> {
  readonly format: RequestFormat<Series>;
  readonly externalLabels: Labels;
  readonly rules: readonly RelabelRule[];
  readonly labelsOf: (id: number) => Labels | undefined;
  /** How many caches there are. */
  readonly share: number;
}

export class SeriesCache<Series> {
  readonly #parts: SeriesCacheParts<Series>;
  readonly #maxBytes: number;
  #recent = new Map<number, Series | NotSent>();
  #before = new Map<number, Series | NotSent>();
  #bytes = 0;

  constructor(parts: SeriesCacheParts<Series>) {
    this.#parts = parts;
    this.#maxBytes = KEPT_MAX_BYTES / parts.share;
  }

  get(id: number): Series | NotSent {
    return this.#recent.get(id) ?? this.#add(id);
  }

  #add(id: number): Series | NotSent {
    const series = this.#before.get(id) ?? this.#make(id);
    this.#recent.set(id, series);
    this.#bytes += isSent(series) ? this.#parts.format.sizeOf(series) : DROPPED_BYTES;
    if (this.#bytes > this.#maxBytes) {
      this.#before = this.#recent;
      this.#recent = new Map();
      this.#bytes = 0;
    }
    return series;
  }

  #make(id: number): Series | NotSent {
    const stored = this.#parts.labelsOf(id);
    if (!stored) return 'unintentionally_dropped_series';
    const sent = relabel(withExternalLabels(stored, this.#parts.externalLabels), this.#parts.rules);
    return sent === undefined || sent.size === 0 ? 'dropped_series' : this.#parts.format.encode(sent);
  }

  clear(): void {
    this.#recent.clear();
    this.#before.clear();
    this.#bytes = 0;
  }
}

export function isSent<Series>(series: Series | NotSent): series is Series {
  return typeof series !== 'string';
}
