/** Clusters joined by pattern and level: which of them are in an answer, and their samples. */

import type { Cluster } from './cluster.ts';

/** Patterns of fewer lines in the range are left out. The original's. */
export const PATTERN_LINES_MIN = 30;
/** Patterns in an answer. The original's. */
const PATTERNS_MAX = 300;
/** Steps without a line have a sample of 0 between others, but not behind a run that is this long. The original's chunks. */
const RUN_MS = 3_600_000;
/** At this step the original gives the steps that have lines, and no others. */
const FINEST_STEP_MS = 10_000;

export interface PatternSeries {
  readonly pattern: string;
  readonly level: string;
  readonly total: number;
  /** Start of the step and lines in it, in order. */
  readonly samples: readonly (readonly [ms: number, count: number])[];
}

interface Row {
  readonly pattern: string;
  readonly level: string;
  readonly clusters: Cluster[];
  total: number;
}

export class PatternTable {
  readonly #stepMs: number;
  readonly #rows = new Map<string, Row>();

  constructor(stepMs: number) {
    this.#stepMs = stepMs;
  }

  add(pattern: string, level: string, cluster: Cluster): void {
    const key = `${level} ${pattern}`;
    let row = this.#rows.get(key);
    if (!row) {
      row = { pattern, level, clusters: [], total: 0 };
      this.#rows.set(key, row);
    }
    row.clusters.push(cluster);
    row.total += cluster.lines;
  }

  /** Most lines first. */
  series(): PatternSeries[] {
    const rows = [...this.#rows.values()].filter(({ total }) => total >= PATTERN_LINES_MIN);
    rows.sort((a, b) => b.total - a.total || (a.pattern < b.pattern ? -1 : 1));
    return rows.slice(0, PATTERNS_MAX).map(({ pattern, level, total, clusters }) => {
      return { pattern, level, total, samples: this.#samples(clusters) };
    });
  }

  #samples(clusters: readonly Cluster[]): [number, number][] {
    const counts = new Map<number, number>();
    for (const cluster of clusters) this.#addSamples(cluster, counts);
    const steps = [...counts.keys()].sort((a, b) => a - b);
    return steps.map((step) => [step * this.#stepMs, counts.get(step)!]);
  }

  #addSamples(cluster: Cluster, counts: Map<number, number>): void {
    const runSteps = RUN_MS / this.#stepMs;
    const filled = this.#stepMs !== FINEST_STEP_MS;
    let runStart = Number.NEGATIVE_INFINITY;
    let last = 0;
    cluster.eachSample((step, count) => {
      if (step - runStart >= runSteps) runStart = step;
      else if (filled) {
        for (let gap = last + 1; gap < step; gap++) if (!counts.has(gap)) counts.set(gap, 0);
      }
      last = step;
      counts.set(step, (counts.get(step) ?? 0) + count);
    });
  }
}
