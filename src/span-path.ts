/**
 * The way of spans from the receivers to the storage:
 *
 *   receivers ─▶ metrics are derived from every span ─▶ sampling decides which are kept ─▶ storage
 *
 * What is not configured is not on the way, and not loaded.
 */

import type { Clock } from './base/clock.ts';
import type { Logger } from './base/log.ts';
import { Telemetry } from './base/telemetry.ts';
import type { Config } from './config/settings.ts';
import { isSameSetting } from './config/taken-in.ts';
import { DerivedSpans } from './derived-spans.ts';
import { sharedBytes } from './ingest/memory.ts';
import type { ReceiverTelemetry } from './ingest/receive/receiver-telemetry.ts';
import type { TailSampler } from './ingest/sampling/sampler.ts';
import type { SpanIntake } from './ingest/span-intake.ts';
import { type Reloadable, together } from './reloadable.ts';
import type { JournalStore, MetricAppender } from './storage/interface.ts';

/** Spans that wait for sampling, of what requests and heads share: heads may take half, and requests need the rest. */
const WAITING_SPANS_SHARE = 1 / 4;

export interface SpanPathParts {
  readonly config: Config;
  /** Stores what is kept. */
  readonly stored: SpanIntake;
  /** Undefined where spans cannot be made to wait. */
  readonly journals: JournalStore | undefined;
  /** Where a tenant's derived metrics go. */
  readonly metricsOf: (tenant: string) => MetricAppender;
  readonly telemetry: Telemetry;
  readonly counts: ReceiverTelemetry;
  readonly log: Logger;
  readonly clock: Clock;
}

export interface SpanPath {
  readonly intake: SpanIntake;
  readonly derived: DerivedSpans;
  readonly sampler: TailSampler | undefined;
  readonly reload: Reloadable;
  /** Bytes of spans that wait for a decision. */
  heldBytes(): number;
}

/** Takes up the traces that waited when the server stopped. */
export async function openSpanPath(parts: SpanPathParts): Promise<SpanPath> {
  const { config, stored, metricsOf, telemetry, counts, log, clock } = parts;
  const sampler = await openSampler(parts);
  const derived = new DerivedSpans({
    settings: config.metricsGenerator,
    appenderOf: metricsOf,
    telemetry,
    counts,
    log,
    clock,
  });
  return {
    intake: derived.around(sampler ?? stored),
    derived,
    sampler,
    reload: together([derived.reload, ...(sampler ? [policyReload(sampler, config)] : [])]),
    heldBytes: () => sampler?.heldBytes() ?? 0,
  };
}

/** Where traces are sampled, other policies are taken in; the rest of sampling stays as it began. */
function policyReload(sampler: TailSampler, { tailSampling }: Config): Reloadable {
  let inForce = tailSampling;
  return {
    prepare: async ({ tailSampling: next }) => {
      if (!next || isSameSetting(next, inForce)) return () => {};
      const { PolicySet } = await import('./ingest/sampling/policy-set.ts');
      const policies = new PolicySet(next);
      return () => {
        inForce = next;
        sampler.setPolicies(policies);
      };
    },
  };
}

/** Undefined where every trace is kept: then what waited when that was otherwise is stored. */
async function openSampler(parts: SpanPathParts): Promise<TailSampler | undefined> {
  const { config, stored, journals, telemetry, log, clock } = parts;
  if (!journals || !(config.tailSampling || journals.hadJournals)) return undefined;
  const own = {
    next: stored,
    journals,
    clock,
    telemetry,
    log,
    bytesMax: sharedBytes(config.limits.memoryBytes) * WAITING_SPANS_SHARE,
  };
  if (config.tailSampling) {
    const { TailSampler: Sampler } = await import('./ingest/sampling/sampler.ts');
    return Sampler.open(config.tailSampling, own);
  }
  await (await import('./ingest/sampling/drain.ts')).drainSampling({ ...own, telemetry: new Telemetry() });
  return undefined;
}
