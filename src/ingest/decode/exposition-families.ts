/** Metric families of one exposition: what `# TYPE`, `# HELP` and `# UNIT` said of them. */

import { utf8Encode } from '../../base/bytes.ts';
import type { FamilyMetadata } from '../../model/batch.ts';
import type { MetricType } from '../../model/metadata.ts';
import { NORMALIZE, QUOTE, skipString } from './exposition-lines.ts';

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

  set({ family, type, help, unit }: FamilyMetadata): void {
    this.#families.set(family, { type, help, unit });
  }

  list(): FamilyMetadata[] {
    return [...this.#families].map(([family, f]) => ({ family, ...f }));
  }
}

export function normalizeFor(type: MetricType): number {
  if (type === 'histogram') return NORMALIZE.le;
  return type === 'summary' ? NORMALIZE.quantile : NORMALIZE.none;
}

/** What the name of a line ends in that tells when the samples of its family and labels began. */
const CREATED = utf8Encode('_created');

/** Whether the name ends in `_created` of a series text that begins at `start`, its plain name ending at `nameEnd`. */
export function isCreatedLine(b: Uint8Array, start: number, nameEnd: number): boolean {
  let end = nameEnd;
  if (end === start && b[start + 1] === QUOTE) {
    // The name is the first string between the braces.
    const past = skipString(b, start + 2, false);
    end = past < 0 ? start : past - 1;
  }
  const from = end - CREATED.length;
  if (from <= start) return false;
  for (let i = 0; i < CREATED.length; i++) if (b[from + i] !== CREATED[i]) return false;
  return true;
}
