/**
 * What Jaeger's query service does to a trace before it shows it, unless the raw one is asked for: everything with a key
 * is sorted, clocks are compared, addresses become readable, what tells of the tracing library goes from the spans to
 * their resource, links that lead nowhere are taken out. Halves of a call that share an id were separated before
 * (`assembleTrace`), and equal spans are one.
 */

import { isZero } from '../../query/traces/ids.ts';
import { warnOfClockSkew } from './clock-skew.ts';
import { attributeOf, type DecodedTrace, placedSpans } from './decoded-trace.ts';
import type { Attribute, EventFields, ResourceFields, SpanFields } from './span-fields.ts';
import { valueText } from './tag-values.ts';
import { addWarning } from './warnings.ts';

/** Numbers under these keys are IPv4 addresses in 32 bits. */
const IP_KEYS: readonly string[] = ['ip', 'peer.ipv4'];

const LIBRARY_KEYS: readonly string[] = [
  'telemetry.sdk.language',
  'telemetry.sdk.name',
  'telemetry.sdk.version',
  'telemetry.distro.name',
  'telemetry.distro.version',
];

/** Changes the trace in place. */
export function adjustTrace(trace: DecodedTrace): void {
  sortCollections(trace);
  warnOfClockSkew(trace);
  for (const { resource } of trace) resource.attributes = resource.attributes.map(readableAddress);
  for (const { span, resource } of placedSpans(trace)) {
    span.attributes = span.attributes.map(readableAddress);
    moveLibraryAttributes(span, resource);
    removeEmptyLinks(span);
  }
}

function sortCollections(trace: DecodedTrace): void {
  for (const { resource, scopes } of trace) {
    resource.attributes = sorted(resource.attributes);
    for (const { scope } of scopes) scope.attributes = sorted(scope.attributes);
  }
  for (const { span } of placedSpans(trace)) {
    span.attributes = sorted(span.attributes);
    span.events.sort(byName);
    for (const event of span.events) event.attributes = sorted(event.attributes);
    for (const link of span.links) link.attributes = sorted(link.attributes);
  }
}

/** By key; of a key that is there twice the last value stays. */
function sorted(attributes: readonly Attribute[]): Attribute[] {
  const byKey = new Map(attributes.map((attribute) => [attribute[0], attribute]));
  return [...byKey.values()].sort(([a], [b]) => (a < b ? -1 : 1));
}

function byName({ name: a }: EventFields, { name: b }: EventFields): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function readableAddress(attribute: Attribute): Attribute {
  const [key, value] = attribute;
  if (!IP_KEYS.includes(key) || (value.type !== 'int' && value.type !== 'double')) return attribute;
  const number = value.type === 'int' ? value.value : wholeNumber(value.value);
  const address = Number(BigInt.asUintN(32, number));
  const text = [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
  return [key, { type: 'string', value: text }];
}

/** What no 64 bits hold is no address: zero. */
function wholeNumber(value: number): bigint {
  return Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : 0n;
}

function moveLibraryAttributes(span: SpanFields, resource: ResourceFields): void {
  for (const attribute of span.attributes.filter(([key]) => LIBRARY_KEYS.includes(key))) {
    const [key, value] = attribute;
    const there = attributeOf(resource.attributes, key);
    if (there === undefined) {
      resource.attributes.push(attribute);
    } else if (there.type !== value.type || valueText(there) !== valueText(value)) {
      addWarning(span, `conflicting values between Span and Resource for attribute ${key}`);
      continue;
    }
    span.attributes = span.attributes.filter(([name]) => name !== key);
  }
}

function removeEmptyLinks(span: SpanFields): void {
  span.links = span.links.filter(({ traceId }) => {
    const isValid = !isZero(traceId, 0, traceId.length);
    if (!isValid) addWarning(span, 'Invalid span link removed');
    return isValid;
  });
}
