/** Spans from the decoded batch on: one way for every protocol that brings them. */

import type { SpanBatch } from '../../model/batch.ts';
import { TriliteError } from '../../model/errors.ts';
import { describeRefusals } from './refusals.ts';
import { tenantOf } from './tenants.ts';
import type { ReceiverParts } from './wire.ts';

/**
 * Resolves when the spans are durable. `receiver` names the way they came, for the counts; `tenants` is what the header
 * says of them. Throws `TriliteError`: nothing was taken.
 */
export async function takeSpans(
  batch: SpanBatch,
  receiver: string,
  nowMs: number,
  parts: ReceiverParts,
  tenants: string | undefined,
): Promise<void> {
  if (batch.spanCount > 0) parts.counts.itemTime(receiver, batch.endMs[0], nowMs);
  const outcome = await parts.spans.append(batch, { tenant: tenantOf(parts, tenants), nowMs });
  await outcome.durable;
  parts.counts.accepted(receiver, 'spans', outcome.accepted);
  parts.counts.refused(receiver, 'spans', outcome.refused);
  // These protocols cannot say that a part was not taken; where nothing was, the sender is told.
  if (outcome.refused.length > 0 && outcome.refused.length === batch.spanCount)
    throw new TriliteError('bad_data', describeRefusals(outcome.refused));
}
