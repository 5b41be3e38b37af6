/**
 * Families on the process itself. Those that every exporter has keep their usual names (`process_…`), so that
 * existing dashboards find them. The delay of the event loop is sampled by a native timer and reset at each
 * collection: a quantile speaks of the time since the last scrape.
 */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Telemetry } from './telemetry.ts';

/** Coarse enough to cost nothing, fine enough to see a stall of 50 ms. */
const DELAY_RESOLUTION_MS = 10;
const DELAY_QUANTILES: readonly number[] = [0.5, 0.99, 1];

/** Adds the families; returns what stops the sampling. */
export function watchProcess(telemetry: Telemetry, version: string): () => void {
  const startSeconds = Date.now() / 1000 - process.uptime();
  telemetry
    .gauge('trilite_build_info', 'Constant 1; the labels say what runs.', ['version', 'node'])
    .with(version, process.version)
    .set(1);
  telemetry
    .gauge('process_start_time_seconds', 'Start time of the process since the Unix epoch in seconds.')
    .with()
    .set(startSeconds);
  const cpu = telemetry.counter('process_cpu_seconds_total', 'User and system CPU time in seconds.').with();
  const resident = telemetry.gauge('process_resident_memory_bytes', 'Resident memory in bytes.').with();
  const heap = telemetry.gauge('trilite_heap_used_bytes', 'Used JavaScript heap of the main thread.').with();
  const external = telemetry.gauge('trilite_external_bytes', 'Memory of buffers outside the heap.').with();
  const delay = telemetry.gauge(
    'trilite_event_loop_delay_seconds',
    "Delay of the main thread's event loop since the last collection.",
    ['quantile'],
  );
  const sampled = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  sampled.enable();
  telemetry.onCollect(() => {
    const used = process.cpuUsage();
    const memory = process.memoryUsage();
    cpu.value = (used.user + used.system) / 1e6;
    resident.set(memory.rss);
    heap.set(memory.heapUsed);
    external.set(memory.external);
    for (const q of DELAY_QUANTILES) {
      // The sampler counts its own period; what is above it is delay.
      const ns = sampled.count === 0 ? 0 : sampled.percentile(q * 100) - DELAY_RESOLUTION_MS * 1e6;
      delay.with(String(q)).set(Math.max(0, ns) / 1e9);
    }
    sampled.reset();
  });
  return () => sampled.disable();
}
