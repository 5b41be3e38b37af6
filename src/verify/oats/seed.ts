/** What a case brings along as requests of OTLP in JSON. */

import { randomBytes } from 'node:crypto';
import type { OatsSeed } from './case.ts';

const SCOPE = { name: 'oats-inline-seed' };
const CUMULATIVE = 2;

export interface SeedRequest {
  readonly path: string;
  readonly body: unknown;
}

export function seedRequests({ traces, logs, metrics }: OatsSeed, nowMs: number): SeedRequest[] {
  const now = `${Math.round(nowMs)}000000`;
  const before = (ms: number) => `${Math.round(nowMs - ms)}000000`;
  return [
    ...request('/v1/traces', 'resourceSpans', traces, ({ service, spans }) => ({
      resource: resourceOf(service),
      scopeSpans: [
        {
          scope: SCOPE,
          // Every span is a trace of its own.
          spans: spans.map(({ name, kind, durationMs }) => ({
            traceId: randomBytes(16).toString('hex'),
            spanId: randomBytes(8).toString('hex'),
            name,
            kind,
            startTimeUnixNano: before(durationMs),
            endTimeUnixNano: now,
          })),
        },
      ],
    })),
    ...request('/v1/logs', 'resourceLogs', logs, ({ service, body, severityNumber, severityText }) => ({
      resource: resourceOf(service),
      scopeLogs: [
        {
          scope: SCOPE,
          logRecords: [{ timeUnixNano: now, severityNumber, severityText, body: { stringValue: body } }],
        },
      ],
    })),
    ...request('/v1/metrics', 'resourceMetrics', metrics, ({ service, name, value }) => {
      const point = { startTimeUnixNano: before(1000), timeUnixNano: now, asInt: String(value) };
      const sum = { isMonotonic: true, aggregationTemporality: CUMULATIVE, dataPoints: [point] };
      return { resource: resourceOf(service), scopeMetrics: [{ scope: SCOPE, metrics: [{ name, sum }] }] };
    }),
  ];
}

function request<T>(
  path: string,
  key: string,
  items: readonly T[],
  make: (item: T) => unknown,
): SeedRequest[] {
  return items.length === 0 ? [] : [{ path, body: { [key]: items.map(make) } }];
}

function resourceOf(service: string) {
  return { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
}
