/** Logs and spans of a small shop for tests of the views, some of them with errors, and one entry that must be refused. */

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

const JSON_HEADERS = { 'content-type': 'application/json' };
const STORED_MAX_MS = 30_000;
const DAY_NS = 86_400_000_000_000n;

function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

export async function logs(base: string): Promise<void> {
  const stream = (pod: string, level: string, lines: readonly string[]) => ({
    stream: { service_name: 'checkout', pod, level },
    values: lines.map((line, i) => [String(nowNs() - BigInt(i)), line]),
  });
  const streams = [
    stream('pod-1', 'info', ['order 1 taken', 'order 2 taken']),
    stream('pod-2', 'error', ['card declined for order 3']),
  ];
  const good = await post(`${base}/loki/api/v1/push`, { streams });
  assert.equal(good.status, 204, await good.text());
  const late = { stream: { service_name: 'checkout' }, values: [[String(nowNs() + DAY_NS), 'of tomorrow']] };
  const refused = await post(`${base}/loki/api/v1/push`, { streams: [late] });
  assert.equal(refused.status, 400, await refused.text());
}

export async function spans(base: string): Promise<void> {
  const span = (id: number, name: string, code: number) => ({
    traceId: String(id).padStart(32, 'a'),
    spanId: String(id).padStart(16, 'b'),
    name,
    kind: 2,
    startTimeUnixNano: String(nowNs() - 200_000_000n),
    endTimeUnixNano: String(nowNs()),
    status: { code },
    attributes: [{ key: 'http.request.method', value: { stringValue: 'POST' } }],
  });
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'checkout' } }] };
  const scopeSpans = [{ spans: [span(1, 'POST /pay', 2), span(2, 'GET /cart', 0)] }];
  const stored = await post(`${base}/v1/traces`, { resourceSpans: [{ resource, scopeSpans }] });
  assert.equal(stored.status, 200, await stored.text());
}

function post(address: string, body: unknown): Promise<Response> {
  return fetch(address, { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(body) });
}

/** Waits until an answer is as it should be. */
export async function until(base: string, path: string, holds: (text: string) => boolean): Promise<void> {
  const end = Date.now() + STORED_MAX_MS;
  for (;;) {
    const text = await (await fetch(base + path)).text();
    if (holds(text)) return;
    assert.ok(Date.now() < end, `${path} stays ${text.slice(0, 1000)}`);
    await pause(100);
  }
}
