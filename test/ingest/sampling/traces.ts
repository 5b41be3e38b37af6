/** Export requests of made-up traces, and a sampler over journals in memory that is asked what it keeps of them. */

import type { Clock } from '../../../src/base/clock.ts';
import { createLogger } from '../../../src/base/log.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { parseConfigFile } from '../../../src/config/file.ts';
import { otlpJsonToProtobuf } from '../../../src/ingest/decode/otlp-json.ts';
import { decodeOtlpTraces } from '../../../src/ingest/decode/otlp-traces.ts';
import { TailSampler } from '../../../src/ingest/sampling/sampler.ts';
import type { TailSamplingConfig } from '../../../src/ingest/sampling/sampling-config.ts';
import type { SpanIntake, SpanOrigin } from '../../../src/ingest/span-intake.ts';
import type { SpanBatch } from '../../../src/model/batch.ts';
import { DEFAULT_TENANT } from '../../../src/model/tenant.ts';
import { MemoryJournals } from '../../storage/memory-journals.ts';

/** In OTLP's JSON. */
export type AnyValue = Readonly<Record<string, unknown>>;
export type Attributes = Readonly<Record<string, AnyValue>>;

export interface MadeSpan {
  /** Hex. */
  readonly trace: string;
  readonly span: number;
  readonly parent?: number;
  readonly startNs?: bigint;
  readonly endNs?: bigint;
  readonly status?: number;
  readonly flags?: number;
  readonly traceState?: string;
  readonly attributes?: Attributes;
}

/** Resources, in each scopes, in each spans. */
export interface MadeResource {
  readonly attributes?: Attributes;
  readonly scopes: readonly (readonly MadeSpan[])[];
}

export const traceId = (n: number) => n.toString(16).padStart(32, '0');
const spanId = (n: number) => n.toString(16).padStart(16, '0');
const keyValues = (attributes: Attributes = {}) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value }));

function spanJson(s: MadeSpan) {
  return {
    traceId: s.trace,
    spanId: spanId(s.span),
    ...(s.parent !== undefined && { parentSpanId: spanId(s.parent) }),
    ...(s.traceState !== undefined && { traceState: s.traceState }),
    name: 'work',
    startTimeUnixNano: String(s.startNs ?? 1_700_000_000_000_000_000n),
    endTimeUnixNano: String(s.endNs ?? s.startNs ?? 1_700_000_000_000_000_000n),
    attributes: keyValues(s.attributes),
    ...(s.status !== undefined && { status: { code: s.status } }),
    ...(s.flags !== undefined && { flags: s.flags }),
  };
}

/** The body of an export request. */
export function requestOf(resources: readonly MadeResource[]): Uint8Array {
  const resourceSpans = resources.map(({ attributes, scopes }) => ({
    resource: { attributes: keyValues(attributes) },
    scopeSpans: scopes.map((spans) => ({ scope: { name: 'test' }, spans: spans.map(spanJson) })),
  }));
  return otlpJsonToProtobuf('traces', Buffer.from(JSON.stringify({ resourceSpans })));
}

/** One resource and scope. */
export const spansOf = (...spans: readonly MadeSpan[]) => requestOf([{ scopes: [spans] }]);

/** `trilite.tail_sampling` of a configuration file. */
export async function samplingOf(yaml: string): Promise<TailSamplingConfig> {
  const { tailSampling } = await parseConfigFile('c.yml', `trilite:\n  tail_sampling: ${yaml}\n`, {});
  return tailSampling!;
}

/** What reached storage. */
export class Kept implements SpanIntake {
  readonly batches: SpanBatch[] = [];
  failure: Error | undefined;

  async append(batch: SpanBatch, _origin: SpanOrigin) {
    if (this.failure) throw this.failure;
    const bytes = batch.bytes.slice();
    this.batches.push({ ...batch, bytes });
    return { accepted: batch.spanCount, refused: [], durable: Promise.resolve() };
  }

  /** Spans by trace id, in the order in which they were stored: the numbers of their ids. */
  get spans(): Map<string, number[]> {
    const found = new Map<string, number[]>();
    for (const batch of this.batches) {
      for (let i = 0; i < batch.spanCount; i++) {
        const id = Buffer.from(batch.traceIds.subarray(i * 16, i * 16 + 16)).toString('hex');
        const span = Buffer.from(batch.bytes.subarray(batch.spanStart[i]!, batch.spanEnd[i]!));
        // Field 2, eight bytes: the span's id.
        const at = span.indexOf(Buffer.from([0x12, 8]));
        found.set(id, [...(found.get(id) ?? []), Number(span.readBigUInt64BE(at + 2))]);
      }
    }
    return found;
  }
}

export interface Made {
  readonly sampler: TailSampler;
  readonly kept: Kept;
  readonly journals: MemoryJournals;
  readonly telemetry: Telemetry;
  /** Takes a request in and resolves when it is acknowledged. */
  send(body: Uint8Array, tenant?: string): Promise<void>;
}

export async function openSampler(
  config: TailSamplingConfig,
  clock: Clock,
  journals = new MemoryJournals(),
  kept = new Kept(),
): Promise<Made> {
  const telemetry = new Telemetry();
  const log = createLogger('error', () => {});
  const parts = { next: kept, journals, clock, telemetry, log, bytesMax: 1e9 };
  const sampler = await TailSampler.open(config, parts);
  const send = async (body: Uint8Array, tenant = DEFAULT_TENANT) => {
    const outcome = await sampler.append(decodeOtlpTraces(body), { tenant, nowMs: clock.now() });
    await outcome.durable;
  };
  return { sampler, kept, journals, telemetry, send };
}
