/** The exposition in protobuf as protobufjs writes it, against which the decoder by hand is checked. */

import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const FILE = new URL('../../../proto/prometheus-client.proto', import.meta.url);

export const MetricFamily = protobuf.loadSync(fileURLToPath(FILE)).lookupType('prometheus.MetricFamily');

export const PROTOBUF_CONTENT_TYPE =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

/** Families in the wire's form, each behind its length. Field names in camelCase. */
export function expose(families: readonly object[]): Uint8Array {
  const all = families.map((f) => MetricFamily.encodeDelimited(MetricFamily.fromObject(f)).finish());
  return new Uint8Array(Buffer.concat(all));
}
