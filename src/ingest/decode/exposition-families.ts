/** Metric families of one exposition: what `# TYPE`, `# HELP` and `# UNIT` said of them. */

import type { FamilyMetadata } from '../../model/batch.ts';
import type { MetricType } from '../../model/metadata.ts';
import { NORMALIZE } from './exposition-lines.ts';

/** What is known of a family so far; later lines replace earlier ones. */
export class FamilyTable {
  readonly #families = new Map<string, { type: MetricType; help: string; unit: string }>();

  of(family: string): { type: MetricType; help: string; unit: string } {
    let f = this.#families.get(family);
    if (f === undefined) {
      f = { type: 'unknown', help: '', unit: '' };
      this.#families.set(family, f);
    }
    return f;
  }

  list(): FamilyMetadata[] {
    return [...this.#families].map(([family, f]) => ({ family, ...f }));
  }
}

export function normalizeFor(type: MetricType): number {
  if (type === 'histogram') return NORMALIZE.le;
  return type === 'summary' ? NORMALIZE.quantile : NORMALIZE.none;
}
