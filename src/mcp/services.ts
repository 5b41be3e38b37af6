/** Which services there are, by their spans, their log lines and their metrics. */

import { type Side, takeOperations } from '../compare/profile.ts';
import { numberText, secondsText } from '../compare/words.ts';

/** Of a service, those with most spans. */
const OPERATIONS_MAX = 12;
const JOBS_MAX = 50;

export async function servicesText(side: Side): Promise<string> {
  const { client, startMs, endMs } = side;
  const range = `${Math.ceil(endMs - startMs) + 1}ms`;
  const [operations, lines, jobs] = await Promise.all([
    takeOperations(side),
    client.logql(`sum by (service_name, detected_level) (count_over_time({service_name=~".+"}[${range}]))`, {
      timeMs: endMs,
    }),
    client.promql(`count by (job) (last_over_time({job!=""}[${range}]))`, { timeMs: endMs }),
  ]);
  const levels = lines.kind === 'vector' ? lines.samples : [];
  const spansOf = Map.groupBy(operations, ({ service }) => service);
  const linesOf = Map.groupBy(levels, ({ labels }) => labels.service_name ?? '');
  const names = [...new Set([...spansOf.keys(), ...linesOf.keys()])].sort();
  const out = [`${names.length} services`];
  for (const name of names) {
    out.push(`${name}`);
    const own = (spansOf.get(name) ?? []).toSorted((a, b) => b.count - a.count);
    for (const { name: operation, kind, count, errors, p95Seconds } of own.slice(0, OPERATIONS_MAX)) {
      const failed = errors > 0 ? `, ${numberText(errors)} failed` : '';
      out.push(
        `  ${operation} (${kind}): ${numberText(count)} spans${failed}, p95 ${secondsText(p95Seconds)}`,
      );
    }
    if (own.length > OPERATIONS_MAX) out.push(`  … and ${own.length - OPERATIONS_MAX} more operations`);
    const logged = (linesOf.get(name) ?? []).map(
      ({ labels, value }) => `${numberText(value)} ${labels.detected_level ?? 'unknown'}`,
    );
    if (logged.length > 0) out.push(`  log lines: ${logged.join(', ')}`);
  }
  const series = (jobs.kind === 'vector' ? jobs.samples : []).toSorted((a, b) => b.value - a.value);
  if (series.length > 0) {
    const told = series.slice(0, JOBS_MAX).map(({ labels, value }) => `${labels.job} ${numberText(value)}`);
    const more = series.length > JOBS_MAX ? `, … and ${series.length - JOBS_MAX} more` : '';
    out.push(`jobs with metrics, and their series: ${told.join(', ')}${more}`);
  }
  return out.join('\n');
}
