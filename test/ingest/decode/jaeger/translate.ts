/**
 * The translation to OTLP once more, on plain objects and in the order in which the collector does it: what the decoders
 * are compared with. A map stands for attributes, as it does there.
 */

import type { PlainBatch, PlainProcess, PlainReference, PlainSpan, PlainTag, TagValue } from './batches.ts';
import { referencesOf } from './batches.ts';

type Attributes = Map<string, TagValue>;

function attributesOf(tags: readonly PlainTag[]): Attributes {
  return new Map(tags.map(({ key, value }) => [key, value]));
}

const textOf = (value: TagValue | undefined) => (value && 'string' in value ? value.string : '');

function take(attributes: Attributes, key: string): TagValue | undefined {
  const value = attributes.get(key);
  attributes.delete(key);
  return value;
}

function printed(attributes: Attributes): unknown[] {
  return [...attributes].map(([key, v]) => {
    if ('string' in v) return { key, value: { stringValue: v.string } };
    if ('bool' in v) return { key, value: { boolValue: v.bool } };
    if ('int' in v) return { key, value: { intValue: String(v.int) } };
    if ('double' in v) return { key, value: { doubleValue: v.double } };
    return { key, value: { bytesValue: Buffer.from(v.binary).toString('base64') } };
  });
}

function resourceOf({ name, tags }: PlainProcess): unknown[] {
  const service: PlainTag[] = name === '' ? [] : [{ key: 'service.name', value: { string: name } }];
  const attributes = attributesOf([...service, ...tags]);
  const rename = (from: string, to: string, change: (value: TagValue) => TagValue) => {
    if (!attributes.has(from) || attributes.has(to)) return;
    attributes.set(to, change(take(attributes, from)!));
  };
  rename('hostname', 'host.name', (value) => value);
  rename('jaeger.version', 'opencensus.exporterversion', (v) => ({ string: `Jaeger-${textOf(v)}` }));
  return printed(attributes);
}

const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];

function httpCode(value: TagValue): bigint | undefined {
  if ('int' in value) return value.int;
  return /^[+-]?\d+$/.test(textOf(value)) ? BigInt(textOf(value).replace('+', '')) : undefined;
}

function statusOf(attributes: Attributes, kind: number): { code?: number; message?: string } {
  const error = attributes.get('error');
  const isError = error !== undefined && 'bool' in error && error.bool;
  const description = () => take(attributes, 'otel.status_description');
  if (isError) {
    attributes.delete('error');
    const message = textOf(description() ?? attributes.get('http.status_message'));
    attributes.delete('otel.status_code');
    return { code: 2, message };
  }
  const code = take(attributes, 'otel.status_code');
  if (code !== undefined) {
    const number = { OK: 1, ERROR: 2 }[textOf(code).toUpperCase()] ?? 0;
    return { code: number, message: textOf(description()) };
  }
  const http = attributes.get('http.status_code');
  const number = http && httpCode(http);
  if (number === undefined) return {};
  const isClientError = number >= 400n && number < 500n;
  const failed = isClientError ? kind !== 2 : number < 100n || number >= 399n;
  return failed ? { code: 2, message: textOf(attributes.get('http.status_message')) } : {};
}

const hex = (value: bigint) => BigInt.asUintN(64, value).toString(16).padStart(16, '0');

function parentOf(s: PlainSpan, references: readonly PlainReference[]): bigint {
  const own = references.filter((r) => r.high === s.high && r.low === s.low);
  return (own.find((r) => r.kind === 0) ?? own[0])?.spanId ?? 0n;
}

/** Without the first tag of each of the scope's keys. */
function withoutScope(tags: readonly PlainTag[]): readonly PlainTag[] {
  const first = (key: string) => tags.findIndex((t) => t.key === key);
  const [name, version] = [first('otel.scope.name'), first('otel.scope.version')];
  return name < 0 ? tags : tags.filter((_, i) => i !== name && i !== version);
}

function spanOf(s: PlainSpan, isProto: boolean) {
  const attributes = attributesOf(isProto ? withoutScope(s.tags) : s.tags);
  const kind = Math.max(0, KINDS.indexOf(textOf(take(attributes, 'span.kind')) || 'none'));
  const status = statusOf(attributes, kind);
  const references = isProto ? referencesOf(s) : s.references;
  const parent = !isProto && s.parentId !== 0n ? s.parentId : parentOf(s, references);
  const traceState = isProto ? textOf(take(attributes, 'w3c.tracestate')) : '';
  return {
    traceId: hex(s.high) + hex(s.low),
    spanId: hex(s.spanId),
    parentSpanId: parent === 0n ? '' : hex(parent),
    traceState,
    name: s.name,
    kind,
    start: String(s.start * 1000n),
    end: String((s.start + s.duration) * 1000n),
    attributes: printed(attributes),
    status: { code: status.code ?? 0, message: status.message ?? '' },
    events: s.logs.map((log) => {
      const fields = attributesOf(log.fields);
      const name = textOf(take(fields, 'event'));
      return { time: String(log.time * 1000n), name, attributes: printed(fields) };
    }),
    links: references
      .filter((r) => r.kind !== 0 || r.spanId !== parent)
      .map((r) => ({
        traceId: hex(r.high) + hex(r.low),
        spanId: hex(r.spanId),
        type: r.kind === 0 ? 'child_of' : 'follows_from',
      })),
  };
}

function scopeOf(s: PlainSpan, isProto: boolean): { name: string; version: string } {
  const tag = (key: string) => s.tags.find((t) => t.key === key)?.value;
  const name = tag('otel.scope.name');
  if (!isProto || name === undefined) return { name: '', version: '' };
  return { name: textOf(name), version: textOf(tag('otel.scope.version')) };
}

/** Each span with its scope and resource. */
export function translated({ process, spans }: PlainBatch, isProto: boolean) {
  return spans.map((s) => ({
    resource: resourceOf((isProto && s.process) || process),
    scope: scopeOf(s, isProto),
    span: spanOf(s, isProto),
  }));
}
