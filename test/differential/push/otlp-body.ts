/** Random OTLP requests for logs, in OTLP's JSON. */

import type { Random } from '../../../src/bench/random.ts';
import type { Times } from './loki-bodies.ts';
import { LEVELS, randomLine } from './random-lines.ts';

const RESOURCE_NAMES = [
  'service.name',
  'service.namespace',
  'deployment.environment',
  'cloud.region',
  'k8s.pod.name',
  'k8s.job.name',
  'container.name',
  'k8s.container.name',
  'host.name',
  'process.pid',
  'service.version',
  'app',
  'k8s.cronjob.name',
] as const;
const ATTRIBUTE_NAMES = [
  'http.method',
  'http.status_code',
  'level',
  'severity',
  'user-id',
  '1st',
  'Ünï',
  '__x__',
  'a',
  'a.b',
  'service.name',
  'log.level',
  '_a',
] as const;

/** Others than a record's: what becomes of a name that is there twice is left open. */
const SCOPE_ATTRIBUTES = ['lib.lang', 'lib-kind', 'lvl', '2nd', 'LEVEL'] as const;

type Json = unknown;

function anyValue(random: Random, depth = 0): Json {
  switch (random.int(depth > 2 ? 7 : 10)) {
    case 0:
    case 1:
    case 2:
      return { stringValue: random.pick([...LEVELS, 'GET', 'é"\\\n', 'x'.repeat(50)]) };
    case 3:
      return { intValue: String(random.int(2000) - 1000) };
    case 4:
      return { doubleValue: random.pick([0, 1.5, -2e10, 1e21, 1e-7, 0.1, 3, 1e20, 123456789.125]) };
    case 5:
      return { boolValue: random.chance(0.5) };
    case 6:
      return random.pick<Json>([{}, { bytesValue: 'AQID' }, { bytesValue: '' }, { stringValue: '' }]);
    case 7:
    case 8:
      return { kvlistValue: { values: attributes(random, ['k', 'b', 'a.x', 'é', 'level'], depth + 1) } };
    default:
      return {
        arrayValue: { values: Array.from({ length: random.int(3) }, () => anyValue(random, depth + 1)) },
      };
  }
}

function attributes(random: Random, names: readonly string[], depth = 0): Json[] {
  const some = Array.from({ length: random.int(4) }, () => random.pick(names));
  // A name twice is the sender's mistake, about which nothing is said.
  return [...new Set(some)].map((key) => ({
    key,
    value:
      key === 'service.name' ? { stringValue: random.pick(['api', 'web', '']) } : anyValue(random, depth),
  }));
}

function record(random: Random, { nowNs }: Times): Json {
  const second = nowNs - BigInt(random.int(20)) * 1_000_000_000n + BigInt(random.pick([0, 1, 999_999_999]));
  const body = random.chance(0.6) ? { stringValue: randomLine(random) } : anyValue(random);
  return {
    ...(random.chance(0.9) && { timeUnixNano: String(second) }),
    observedTimeUnixNano: String(second + 5n),
    ...(random.chance(0.95) && { body }),
    ...(random.chance(0.5) && { attributes: attributes(random, ATTRIBUTE_NAMES) }),
    ...(random.chance(0.3) && { severityNumber: random.int(26) }),
    ...(random.chance(0.3) && { severityText: random.pick(LEVELS) }),
    ...(random.chance(0.2) && { droppedAttributesCount: random.int(3) }),
    ...(random.chance(0.2) && { flags: random.int(3) }),
    ...(random.chance(0.3) && { traceId: '5b8efff798038103d269b633813fc60c' }),
    ...(random.chance(0.3) && { spanId: 'eee19b7ec3c1b174' }),
    ...(random.chance(0.1) && { eventName: 'an.event' }),
  };
}

/** Of one request; all its streams have `service_instance_id` = mark. */
export function otlpBody(random: Random, mark: string, times: Times): Json {
  const resourceLogs = Array.from({ length: random.int(3) }, () => ({
    resource: {
      attributes: [
        { key: 'service.instance.id', value: { stringValue: mark } },
        ...attributes(random, RESOURCE_NAMES),
      ],
    },
    scopeLogs: Array.from({ length: random.int(3) }, () => ({
      ...(random.chance(0.6) && {
        scope: {
          ...(random.chance(0.6) && { name: 'lib' }),
          ...(random.chance(0.4) && { version: '1.2' }),
          ...(random.chance(0.4) && { attributes: attributes(random, SCOPE_ATTRIBUTES) }),
          ...(random.chance(0.2) && { droppedAttributesCount: random.int(2) }),
        },
      }),
      logRecords: Array.from({ length: random.int(4) }, () => record(random, times)),
    })),
  }));
  return { resourceLogs };
}
