/** Compares the metrics that are derived from the spans of the Tempo suite with those that Tempo derived from them. */

import fs from 'node:fs';
import path from 'node:path';

/** Under this name the floor of equal series is kept. */
export const DERIVED_SUITE = 'tempo/generator-metrics';
/** Halves of edges wait ten seconds, and are looked after every two; a collection, and some patience. */
const SETTLED_MAX_MS = 30_000;
const ASK_EVERY_MS = 1000;
/** Sums of floats depend on the order of spans. */
const TOLERANCE = 1e-9;

interface Recorded {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Counted {
  readonly equal: number;
  readonly total: number;
  /** Some of those that are not. */
  readonly wrong: readonly string[];
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort());
}

async function ours(base: string): Promise<Map<string, number>> {
  const body = new URLSearchParams({ query: '{__name__=~"traces_.*"}' });
  const answer = await fetch(`${base}/api/v1/query`, { method: 'POST', body });
  const { data } = (await answer.json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  return new Map(data.result.map(({ metric, value }) => [keyOf(metric), Number(value[1])]));
}

async function compareOnce(recorded: readonly Recorded[], base: string): Promise<Counted> {
  const found = await ours(base);
  const wrong: string[] = [];
  for (const { labels, value } of recorded) {
    const own = found.get(keyOf(labels));
    if (own === undefined || Math.abs(own - value) > TOLERANCE * Math.max(Math.abs(own), Math.abs(value))) {
      wrong.push(`${keyOf(labels)}: ${own}, recorded ${value}`);
    }
  }
  return { equal: recorded.length - wrong.length, total: recorded.length, wrong: wrong.slice(0, 5) };
}

/** Asks until all are equal or the time is over. */
export async function countEqualSeries(suite: string, base: string): Promise<Counted> {
  const text = fs.readFileSync(path.join(suite, 'generator-metrics.json'), 'utf8');
  const recorded = (JSON.parse(text) as { series: Recorded[] }).series;
  const end = Date.now() + SETTLED_MAX_MS;
  for (;;) {
    const counted = await compareOnce(recorded, base);
    if (counted.equal === counted.total || Date.now() > end) return counted;
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}
