/**
 * Counts the spans of a run. TraceQL's metrics count them all where the system has them and counts spans of any age;
 * where that count falls short, traces spread over the run are fetched by their ids and their spans counted, which
 * says for certain what a sample of the data has become.
 */

import { makeCast } from './generate/cast.ts';
import { TraceMaker } from './generate/traces.ts';
import { ask, type System } from './target.ts';
import { type LoadOptions, RUN_LABEL, type SampledCount, type Sent } from './workload.ts';

const SAMPLED_TRACES = 200;
/** Questions in flight at a time while sampling. */
const CONCURRENCY = 4;
const STEPS = 60;

export async function countSpans(
  system: System,
  options: LoadOptions,
  sent: Sent,
): Promise<number | SampledCount> {
  const counted = await countByMetrics(system, options, sent);
  if (counted === sent.acknowledged) return counted;
  const sampled = await countBySample(system, options, sent);
  // A system that has no metrics, or none on blocks, has a count of 0: the sample then speaks alone.
  return counted !== undefined && counted >= sampled.items ? counted : sampled;
}

interface MetricsAnswer {
  readonly series?: readonly { readonly samples?: readonly { readonly value?: number }[] }[];
}

/** Undefined where the system does not answer TraceQL metrics. */
async function countByMetrics(system: System, options: LoadOptions, sent: Sent): Promise<number | undefined> {
  const startSeconds = Math.floor(sent.fromMs / 1000) - 1;
  const endSeconds = Math.ceil(sent.toMs / 1000) + 1;
  const step = Math.max(1, Math.ceil((endSeconds - startSeconds) / STEPS));
  const { status, text } = await ask(system, 'tempo', '/api/metrics/query_range', {
    q: `{ resource.${RUN_LABEL} = "${options.run}" } | count_over_time()`,
    // Steps are aligned: whole steps around the data hold every span once.
    start: String(Math.floor(startSeconds / step) * step),
    end: String(Math.ceil(endSeconds / step) * step + step),
    step: `${step}s`,
  });
  if (status !== 200) return undefined;
  const { series = [] } = JSON.parse(text) as MetricsAnswer;
  let sum = 0;
  for (const { samples = [] } of series) for (const { value } of samples) sum += value ?? 0;
  return sum;
}

interface ExpectedTrace {
  readonly id: string;
  readonly spans: number;
}

/** Traces evenly spread over the first `acknowledged` spans of the run, and how many spans each has among them. */
export function expectedTraces(options: LoadOptions, acknowledged: number, wanted: number): ExpectedTrace[] {
  const traces = new TraceMaker(makeCast(options.series, options.seed), options.seed, options.run);
  const out: ExpectedTrace[] = [];
  const every = acknowledged / wanted;
  for (let spans = 0; spans < acknowledged; ) {
    traces.next();
    const count = Math.min(traces.count, acknowledged - spans);
    if (spans >= out.length * every) out.push({ id: traces.traceIdHex(), spans: count });
    spans += count;
  }
  return out;
}

async function countBySample(system: System, options: LoadOptions, sent: Sent): Promise<SampledCount> {
  const expected = expectedTraces(options, sent.acknowledged, SAMPLED_TRACES);
  let wanted = 0;
  let found = 0;
  let next = 0;
  const fetchTraces = async () => {
    for (let trace = expected[next++]; trace; trace = expected[next++]) {
      wanted += trace.spans;
      // Not in one expression: the sum would be read before the wait.
      const spans = await spansOf(system, trace.id);
      found += spans;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, fetchTraces));
  return {
    items: wanted === 0 ? 0 : Math.round((sent.acknowledged * found) / wanted),
    how: `sampled: ${found} of ${wanted} spans in ${expected.length} traces`,
  };
}

interface TraceAnswer {
  readonly batches?: readonly {
    readonly scopeSpans?: readonly { readonly spans?: readonly unknown[] }[];
  }[];
}

async function spansOf(system: System, id: string): Promise<number> {
  const { status, text } = await ask(system, 'tempo', `/api/traces/${id}`);
  if (status !== 200) return 0;
  let spans = 0;
  for (const batch of (JSON.parse(text) as TraceAnswer).batches ?? []) {
    for (const scope of batch.scopeSpans ?? []) spans += scope.spans?.length ?? 0;
  }
  return spans;
}
