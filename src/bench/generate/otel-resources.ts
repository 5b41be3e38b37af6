/** The resources that OTLP comes from: a service's pod as the SDKs and the collector's processors describe it. */

import type { Attributes } from '../encode/otlp-writer.ts';
import { Random, seedOf } from '../random.ts';
import { RUN_LABEL } from '../workload.ts';
import type { Service } from './cast.ts';

export function resourceAttributes(service: Service, seed: number, run: string): Attributes {
  const random = new Random(seedOf(seed, 0x0e5 + service.index));
  return [
    ['service.name', service.name],
    ['service.namespace', service.namespace],
    ['service.version', service.version],
    ['service.instance.id', uuid(random)],
    ['deployment.environment', 'production'],
    ['k8s.namespace.name', service.namespace],
    ['k8s.pod.name', `${service.name}-${random.hex(9)}-${random.hex(5)}`],
    ['telemetry.sdk.language', service.language],
    ['telemetry.sdk.name', 'opentelemetry'],
    [RUN_LABEL, run],
  ];
}

function uuid(random: Random): string {
  const hex = random.hex(32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
