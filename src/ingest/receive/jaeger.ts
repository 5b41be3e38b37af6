/** Spans of Jaeger's, whichever way they came: decoded, stored, durable. The decoders are loaded by the first that need them. */

import { takeSpans } from './spans.ts';
import type { ReceiverParts } from './wire.ts';

/** What carries the spans. */
export type JaegerForm = 'batch' | 'emitBatch' | 'postSpans';

/**
 * Resolves when the spans are durable; they are decoded before this first waits, once the decoder is loaded. `receiver`
 * names the way they came, `tenants` is what the header says of them. Throws `TriliteError`: nothing was taken.
 */
export async function takeJaeger(
  form: JaegerForm,
  body: Uint8Array,
  receiver: string,
  nowMs: number,
  parts: ReceiverParts,
  tenants: string | undefined,
): Promise<void> {
  const decode = await decoderOf(form);
  await takeSpans(decode(body), receiver, nowMs, parts, tenants);
}

async function decoderOf(form: JaegerForm) {
  if (form === 'postSpans') return (await import('../decode/jaeger/proto.ts')).decodePostSpans;
  const { decodeJaegerThrift, decodeEmitBatch } = await import('../decode/jaeger/thrift.ts');
  return form === 'batch' ? decodeJaegerThrift : decodeEmitBatch;
}
