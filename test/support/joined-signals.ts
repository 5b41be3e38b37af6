/** A small shop whose logs, spans and metrics are of the same requests, for tests that go from one to the others. */

import { postBody } from './http-api.ts';
import { type MadeSpan, sendSpans } from './otlp-spans.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from './remote-write.ts';

/** The slow one; the others are quick. */
export const SLOW = '4bf92f3577b34da6a3ce929d0e0e4736';
const QUICK = '0af7651916cd43dd8448eb211c80319c';

export async function sendJoinedSignals(base: string, nowMs: number): Promise<void> {
  const atMs = nowMs - 300_000;
  const resource = { 'service.instance.id': 'checkout-1', 'host.name': 'host-a' };
  const span = (traceId: string, id: number, durationMs: number): MadeSpan => ({
    traceId,
    id: id.toString(16).padStart(16, 'a'),
    service: 'checkout',
    name: 'POST /pay',
    kind: 'server',
    startMs: atMs,
    durationMs,
    resource,
  });
  await sendSpans(base, [span(SLOW, 1, 3200), span(QUICK, 2, 40)]);
  const at = (ms: number) => `${atMs + ms}000000`;
  const values = [
    [at(10), 'request accepted', { trace_id: SLOW }],
    [at(3100), `level=error msg="card was refused" trace_id=${SLOW}`],
    [at(20), `level=error msg="out of stock" trace_id=${QUICK}`],
    [at(30), 'level=info msg="nobody asked"'],
  ];
  const body = JSON.stringify({ streams: [{ stream: { service_name: 'checkout' }, values }] });
  await postBody(`${base}/loki/api/v1/push`, { 'content-type': 'application/json' }, body);
  const minutes = Array.from({ length: 21 }, (_, i) => atMs - 300_000 + i * 30_000).filter((t) => t <= nowMs);
  const series = (labels: Readonly<Record<string, string>>, value: (i: number) => number) => ({
    labels,
    samples: minutes.map((t, i) => [t, value(i)] as const),
  });
  const own = { job: 'checkout', instance: 'checkout-1' };
  const made = [
    series({ __name__: 'process_cpu_seconds_total', ...own }, (i) => i * 3),
    series({ __name__: 'queue_length', ...own }, (i) => (i * 7) % 11),
    series({ __name__: 'node_load1', job: 'node', instance: 'host-a:9100' }, (i) => 1 + (i % 3)),
    series({ __name__: 'queue_length', job: 'checkout', instance: 'checkout-2' }, () => 99),
  ];
  await postBody(`${base}/api/v1/write`, REMOTE_WRITE_HEADERS, remoteWriteBody(made as never));
}
