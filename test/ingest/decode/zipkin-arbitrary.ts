/** Random Zipkin spans in the form of its JSON, and the same in protobuf as protobufjs writes it. */

import { isIPv4 } from 'node:net';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import protobuf from 'protobufjs';

const FILE = new URL('../../../proto/zipkin.proto', import.meta.url);
const ListOfSpans = protobuf.loadSync(fileURLToPath(FILE)).lookupType('zipkin.ListOfSpans');

export interface PlainEndpoint {
  readonly serviceName?: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly port?: number;
}

export interface PlainSpan {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly name?: string;
  readonly kind?: string;
  readonly timestamp?: number;
  readonly duration?: number;
  readonly localEndpoint?: PlainEndpoint;
  readonly remoteEndpoint?: PlainEndpoint;
  readonly annotations?: readonly { readonly timestamp: number; readonly value: string }[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly debug?: boolean;
  readonly shared?: boolean;
}

const hex = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .filter((id) => id.some((byte) => byte !== 0))
    .map((id) => Buffer.from(id).toString('hex'));

/** No key that protobufjs or JSON.parse take for a prototype, and whole characters. */
const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((s) => s.isWellFormed());

const endpoint = fc.record(
  {
    serviceName: fc.constantFrom('a', 'b', 'größe', ''),
    ipv4: fc.ipV4(),
    port: fc.integer({ min: 0, max: 65535 }),
  },
  { requiredKeys: [] },
);

const tagKey = fc.oneof(
  { weight: 3, arbitrary: text },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'error',
      'host.name',
      'otel.library.name',
      'otel.library.version',
      'otel.status_code',
    ),
  },
  { weight: 2, arbitrary: fc.constantFrom('span.kind', 'w3c.tracestate', 'otlp.link.0', 'net.host.port') },
);
const tagValue = fc.oneof(
  text,
  fc.constantFrom('true', 'Ok', 'Error', 'internal', '|||null|0', 'a|{"b":1}|2'),
);

export const spanArbitrary: fc.Arbitrary<PlainSpan> = fc.record(
  {
    traceId: hex(16),
    id: hex(8),
    parentId: hex(8),
    name: text,
    kind: fc.constantFrom('CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'),
    timestamp: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    duration: fc.integer({ min: 0, max: 1e12 }),
    localEndpoint: endpoint,
    remoteEndpoint: endpoint,
    annotations: fc.array(
      fc.record({ timestamp: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), value: tagValue }),
      { maxLength: 3 },
    ),
    tags: fc.dictionary(tagKey, tagValue, { maxKeys: 6, noNullPrototype: true }),
    debug: fc.boolean(),
    shared: fc.boolean(),
  },
  { requiredKeys: ['traceId', 'id'] },
);

function endpointMessage(of: PlainEndpoint | undefined): object | undefined {
  const { ipv4, ipv6, ...rest } = of ?? {};
  const address = (ip: string) =>
    isIPv4(ip) ? Buffer.from(ip.split('.').map(Number)) : Buffer.from(ip.replaceAll(':', ''), 'hex');
  return of && { ...rest, ...(ipv4 && { ipv4: address(ipv4) }), ...(ipv6 && { ipv6: address(ipv6) }) };
}

/** An IPv6 address must have all its digits. */
export function listOfSpans(spans: readonly PlainSpan[]): Uint8Array {
  const messages = spans.map(({ traceId, id, parentId, localEndpoint, remoteEndpoint, ...rest }) => ({
    ...rest,
    traceId: Buffer.from(traceId, 'hex'),
    id: Buffer.from(id, 'hex'),
    ...(parentId && { parentId: Buffer.from(parentId, 'hex') }),
    ...(localEndpoint && { localEndpoint: endpointMessage(localEndpoint) }),
    ...(remoteEndpoint && { remoteEndpoint: endpointMessage(remoteEndpoint) }),
  }));
  return ListOfSpans.encode(ListOfSpans.fromObject({ spans: messages })).finish();
}
