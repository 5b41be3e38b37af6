/** Runs entries through a pipeline that is written as the configuration has it. */

import * as yaml from 'yaml';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { readPipelineStages } from '../../../src/config/tail-stages-section.ts';
import { parseYaml } from '../../../src/config/yaml-node.ts';
import { compilePipeline, type PipelineOptions } from '../../../src/tail/pipeline/compile.ts';
import type { EntryPipeline, TailEntry } from '../../../src/tail/pipeline/entry.ts';
import type { StageConfig } from '../../../src/tail/pipeline/stage-config.ts';

export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

export function readStages(text: string): Promise<readonly StageConfig[]> {
  return readPipelineStages(parseYaml(yaml, 'pipeline.yml', text)!);
}

export async function pipelineOf(
  text: string,
  options: Partial<PipelineOptions> = {},
): Promise<EntryPipeline> {
  const defaults = { jobName: 'job', now: () => NOW, telemetry: new Telemetry() };
  return compilePipeline(await readStages(text), { ...defaults, ...options });
}

export function entryOf(line: string, labels: Readonly<Record<string, string>> = {}): TailEntry {
  return {
    ...{ labels: new Map(Object.entries(labels)), extracted: new Map(), metadata: new Map() },
    ...{ timeMs: 1_000_000_000_000, timeNs: 5, line, tenant: undefined },
  };
}

/** Pushes all, then ends; what came out. */
export async function run(pipeline: EntryPipeline, entries: readonly TailEntry[]): Promise<TailEntry[]> {
  const out: TailEntry[] = [];
  const sink = (entry: TailEntry) => void out.push(entry);
  for (const entry of entries) await pipeline.push(entry, sink);
  pipeline.flush(sink);
  return out;
}

/** An entry as the recorded cases have it. Metadata are left out where there are none. */
export function plain(entry: TailEntry): Record<string, unknown> {
  const extracted = Object.fromEntries(entry.extracted);
  const time = `${BigInt(entry.timeMs) * 1_000_000n + BigInt(entry.timeNs)}`;
  return {
    labels: Object.fromEntries(entry.labels),
    ...(entry.metadata.size > 0 && { metadata: Object.fromEntries(entry.metadata) }),
    ...{ extracted, timeNs: time, line: entry.line },
    ...(entry.tenant !== undefined && { tenant: entry.tenant }),
  };
}
