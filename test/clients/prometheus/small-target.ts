/**
 * A scrape target with OpenMetrics text of its own making, whose numbers move with every scrape. It has what
 * remote-write must carry: counters with resets, gauges, histograms with exemplars, a summary, label values of every
 * alphabet, special values, and series that vanish.
 */

import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** The time of scrape n's exemplars is this plus n. */
export const EXEMPLAR_START_S = 1_600_000_000;
const CONTENT_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const BUCKETS = [0.01, 0.1, 1, 10] as const;
const ROUTES = ['/', '/buy', '/ünïcode "quoted" \\ path'] as const;
/** Far from zero, so that extrapolation never meets it. */
const COUNTER_BASE = 1_000_000;
/** The counter of restarts begins again after this many scrapes. */
const RESET_EVERY = 7;
/** Some series are there in scrapes below this number only. */
const VANISH_AT = 14;

export interface SmallTarget {
  /** `127.0.0.1:port` */
  readonly address: string;
  readonly scrapes: () => number;
  stop(): Promise<void>;
}

const escapeValue = (text: string) => text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');

/** The text of scrape number `n`; targets with different seeds are never equally warm. */
export function exposition(n: number, seed: number): string {
  const lines: string[] = [];
  const family = (name: string, type: string, help: string) => {
    lines.push(`# TYPE ${name} ${type}`, `# HELP ${name} ${help}`);
  };
  family('small_requests', 'counter', 'Requests by route.');
  ROUTES.forEach((route, i) => {
    const labels = `route="${escapeValue(route)}",code="${200 + i}"`;
    lines.push(`small_requests_total{${labels}} ${COUNTER_BASE + n * (i + 1) + n * n * 0.25}`);
  });
  family('small_restarts', 'counter', 'Begins again.');
  lines.push(`small_restarts_total ${COUNTER_BASE + (n % RESET_EVERY) * 13}`);
  family('small_temperature_celsius', 'gauge', 'Up and down.');
  for (const room of ['a', 'b']) {
    const value = Math.sin(n + room.charCodeAt(0)) * 1e3 + seed;
    lines.push(`small_temperature_celsius{room="${room}"} ${value}`);
  }
  // Not -0: Prometheus itself loses its sign in remote-write.
  family('small_special', 'gauge', 'Values at the edge.');
  for (const value of ['+Inf', '-Inf', 'NaN', '0', '1e-308', '1.7976931348623157e+308']) {
    lines.push(`small_special{value="${value}"} ${value}`);
  }
  if (n < VANISH_AT) {
    family('small_short_lived', 'gauge', 'Vanishes.');
    lines.push(`small_short_lived{n="1"} ${n}`);
  }
  family('small_latency_seconds', 'histogram', 'With exemplars.');
  let count = 0;
  BUCKETS.forEach((bound, i) => {
    count += COUNTER_BASE + n * (i + 2);
    const exemplar = ` # {trace_id="t${n}b${i}"} ${bound * 0.9} ${EXEMPLAR_START_S + n}`;
    lines.push(`small_latency_seconds_bucket{le="${bound}"} ${count}${exemplar}`);
  });
  lines.push(`small_latency_seconds_bucket{le="+Inf"} ${count + n}`);
  lines.push(
    `small_latency_seconds_sum ${n * 1.5 + COUNTER_BASE}`,
    `small_latency_seconds_count ${count + n}`,
  );
  family('small_size_bytes', 'summary', 'Quantiles.');
  for (const q of [0.5, 0.99]) lines.push(`small_size_bytes{quantile="${q}"} ${n * q * 100}`);
  lines.push(`small_size_bytes_sum ${n * 1024}`, `small_size_bytes_count ${COUNTER_BASE + n}`);
  return `${lines.join('\n')}\n# EOF\n`;
}

export async function startSmallTarget(seed: number): Promise<SmallTarget> {
  let scrapes = 0;
  const server = http.createServer((_, response) => {
    response.writeHead(200, { 'content-type': CONTENT_TYPE });
    response.end(exposition(scrapes++, seed));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    scrapes: () => scrapes,
    stop,
  };
}
