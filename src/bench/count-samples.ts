/**
 * Counts the samples of a run through the query API of Prometheus: name by name, because counting drops the names and
 * series that differ in nothing else would clash, and in windows of time that are small enough for the server's limit
 * on the samples of one query.
 */

import { askJson, type System } from './target.ts';
import { RUN_LABEL, type Sent } from './workload.ts';

/** Prometheus loads at most 50 million samples for a query; this stays far below in memory, too. */
const QUERY_SAMPLES_MAX = 4_000_000;
/** Queries under way at a time. */
const QUERIES_MAX = 4;
/** Names are looked up with some room: an index may know days only. */
const NAMES_MARGIN_MS = 60_000;

interface VectorAnswer {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

/** `without`: names of samples that the run did not send itself. */
export async function countSamples(
  system: System,
  run: string,
  sent: Sent,
  intervalMs: number,
  without?: RegExp,
): Promise<number> {
  const names = await namesOf(system, run, sent);
  // Windows begin and end between two scrapes: whether their ends are inclusive is then all the same.
  const half = Math.max(1, Math.floor(intervalMs / 2));
  const scrapes = Math.max(1, Math.round((sent.toMs - sent.fromMs) / intervalMs) + 1);
  const perScrape = Math.max(1, sent.acknowledged / scrapes);
  const windowMs = Math.max(1, Math.floor(QUERY_SAMPLES_MAX / perScrape)) * intervalMs;
  const questions: (() => Promise<number>)[] = [];
  for (let start = sent.fromMs - half; start < sent.toMs; start += windowMs) {
    const end = Math.min(start + windowMs, sent.toMs + half);
    for (const name of names) {
      if (without?.test(name)) continue;
      questions.push(() => countOne(system, `{__name__="${name}",${RUN_LABEL}="${run}"}`, start, end));
    }
  }
  let found = 0;
  let next = 0;
  const ask = async () => {
    while (next < questions.length) {
      const samples = await questions[next++]!();
      found += samples;
    }
  };
  await Promise.all(Array.from({ length: QUERIES_MAX }, ask));
  return found;
}

async function namesOf(system: System, run: string, sent: Sent): Promise<readonly string[]> {
  const { data } = await askJson<{ data: readonly string[] }>(
    system,
    'prometheus',
    '/api/v1/label/__name__/values',
    {
      'match[]': `{${RUN_LABEL}="${run}"}`,
      start: String(Math.floor((sent.fromMs - NAMES_MARGIN_MS) / 1000)),
      end: String(Math.ceil((sent.toMs + NAMES_MARGIN_MS) / 1000)),
    },
  );
  return data;
}

async function countOne(system: System, selector: string, startMs: number, endMs: number): Promise<number> {
  const answer = await askJson<VectorAnswer>(system, 'prometheus', '/api/v1/query', {
    query: `sum(count_over_time(${selector}[${endMs - startMs}ms]))`,
    time: (endMs / 1000).toFixed(3),
    // VictoriaMetrics moves times close to now otherwise.
    nocache: '1',
  });
  return Number(answer.data.result[0]?.value[1] ?? 0);
}
