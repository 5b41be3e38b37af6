/**
 * OTLP from the decompressed protobuf body on: one path for gRPC and HTTP. Good items are stored, refused ones are
 * counted in the partial success; an invalid trace or span ID, or a body that does not decode, fails the request.
 */

import { TriliteError } from '../../model/errors.ts';
import type { OtlpSignal } from '../../model/otlp-schema.ts';
import type { Sender } from '../../model/sender.ts';
import type { AppendOutcome, Refusal } from '../../storage/interface.ts';
import { admitMetrics, timeWindow } from '../admit.ts';
import { DecodeScratches } from '../decode/decode-scratch.ts';
import { decodeOtlpLogs } from '../decode/otlp-logs.ts';
import { decodeOtlpMetrics } from '../decode/otlp-metrics.ts';
import { decodeOtlpTraces } from '../decode/otlp-traces.ts';
import { admitLogs, throwIfWhole } from '../log-admission.ts';
import type { ItemKind } from './receiver-telemetry.ts';
import { describeRefusals, firstTime, seriesOf } from './refusals.ts';
import { optionalTarget, tenantOf } from './tenants.ts';
import type { ReceiverParts } from './wire.ts';

/** Memory of metrics' batches, whichever way they came. */
const scratches = new DecodeScratches();

/** What the sender is told: nothing of what was accepted has to be sent again. */
export interface OtlpOutcome {
  readonly rejected: number;
  /** Empty when all was taken. */
  readonly message: string;
}

const ITEM_KINDS: Readonly<Record<OtlpSignal, ItemKind>> = {
  metrics: 'samples',
  logs: 'entries',
  traces: 'spans',
};

/** `receiver` names the way it came, for the counts; `tenants` is what its header says of them. Throws `TriliteError`. */
export async function takeOtlp(
  signal: OtlpSignal,
  body: Uint8Array,
  receiver: string,
  nowMs: number,
  parts: ReceiverParts,
  tenants: string | undefined,
  from?: Sender,
): Promise<OtlpOutcome> {
  const { refused, outcome, dropped, series } = await append(signal, body, receiver, nowMs, parts, tenants);
  await outcome.durable;
  const all = [...refused, ...outcome.refused];
  const kind = ITEM_KINDS[signal];
  parts.counts.accepted(receiver, kind, outcome.accepted);
  parts.counts.refused(receiver, kind, all, { from, example: () => series });
  for (const { points, reason, message } of dropped) {
    parts.counts.refusedByReason(receiver, kind, reason ?? 'invalid', points, { from, message });
  }
  const messages = [...dropped.map((d) => d.message), ...(all.length > 0 ? [describeRefusals(all)] : [])];
  const rejected = all.length + dropped.reduce((n, d) => n + d.points, 0);
  return { rejected, message: messages.join('; ') };
}

interface Appended {
  /** Refused at the door. */
  readonly refused: readonly Refusal[];
  readonly outcome: AppendOutcome;
  /** That the first refusal is of. */
  readonly series?: string | undefined;
  /** What the decoder left out. */
  readonly dropped: readonly {
    readonly points: number;
    readonly message: string;
    readonly reason?: string;
  }[];
}

async function append(
  signal: OtlpSignal,
  body: Uint8Array,
  receiver: string,
  nowMs: number,
  parts: ReceiverParts,
  tenants: string | undefined,
): Promise<Appended> {
  const { spans, maxAgeMs, counts } = parts;
  switch (signal) {
    case 'metrics': {
      // Lost where decoding throws: then it is garbage as any other.
      const scratch = scratches.take();
      const { metrics, otlp } = optionalTarget(parts, tenants);
      const decoded = decodeOtlpMetrics(body, otlp, scratch, nowMs);
      counts.itemTime(receiver, firstTime(decoded.batch), nowMs);
      const { batch, refused } = admitMetrics(
        decoded.batch,
        timeWindow(nowMs, maxAgeMs.metrics, parts.takesAnyTime),
      );
      const { outcome, series } = await metrics
        .append(batch, { mode: 'partial' })
        .then((outcome) => ({
          outcome,
          series: seriesOf(refused[0], decoded.batch) ?? seriesOf(outcome.refused[0], batch),
        }))
        .finally(() => scratches.give(scratch));
      return { refused, outcome, series, dropped: [...decoded.refused, ...decoded.dropped] };
    }
    case 'logs': {
      const { tenant, logs } = optionalTarget(parts, tenants);
      const decoded = decodeOtlpLogs(body, nowMs, parts.logLimits(tenant));
      if (decoded.batch.count > 0) counts.itemTime(receiver, decoded.batch.timeMs[0], nowMs);
      const { batch, refused } = admitLogs(decoded.batch, tenant, nowMs, parts);
      for (const refusal of refused) throwIfWhole(refusal);
      const rate = batch.count === 0 ? refused.find((r) => r.status === 429) : undefined;
      if (rate) throw new TriliteError('rate_limited', rate.message);
      const outcome = await logs.append(batch);
      const points = decoded.refusedEntries;
      const message = decoded.refused.map((r) => r.message).join('\n');
      const dropped = refused.map((r) => ({ points: r.entries, message: r.message, reason: r.reason }));
      return {
        refused: [],
        outcome,
        dropped:
          points > 0
            ? [{ points, message, reason: decoded.refused[0]?.reason ?? 'invalid' }, ...dropped]
            : dropped,
      };
    }
    case 'traces': {
      const origin = { tenant: tenantOf(parts, tenants), nowMs };
      const batch = decodeOtlpTraces(body);
      if (batch.spanCount > 0) counts.itemTime(receiver, batch.endMs[0], nowMs);
      return { refused: [], outcome: await spans.append(batch, origin), dropped: [] };
    }
    default:
      throw new TriliteError('unsupported', `unknown signal ${String(signal)}`);
  }
}
