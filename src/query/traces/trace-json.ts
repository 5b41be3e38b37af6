/**
 * The JSON bodies of whole traces, as Tempo prints protobuf: lowerCamel keys, ids and bytes in base64, enums by name,
 * 64-bit integers as strings, zero values left out. What is in a message is printed from OTLP's table of fields; flags
 * are left out, as Tempo does.
 */

import { ProtoReader } from '../../base/protobuf.ts';
import { int64 } from '../../model/attributes.ts';
import { OTLP_MESSAGES, type OtlpField, type OtlpMessage } from '../../model/otlp-schema.ts';
import type { TraceAnswer, WholeTrace } from './trace-proto.ts';

const RESOURCE = OTLP_MESSAGES.get('Resource')!;
const SCOPE = OTLP_MESSAGES.get('InstrumentationScope')!;
const SPAN = OTLP_MESSAGES.get('Span')!;

/** Body of `/api/traces/{id}`: `{"batches":[…]}`. */
export function printTraceV1Json(trace: WholeTrace): Uint8Array {
  return Buffer.from(`{"batches":${printResourceSpans(trace)}}`);
}

/** Body of `/api/v2/traces/{id}`: `{"trace":{"resourceSpans":[…]},"metrics":{}}`; a trace without spans is `{}`. */
export function printTraceV2Json(trace: WholeTrace, answer: TraceAnswer = {}): Uint8Array {
  const spans = trace.spanCount === 0 ? '' : `"resourceSpans":${printResourceSpans(trace)}`;
  const metrics = answer.inspectedBytes ? `"inspectedBytes":"${answer.inspectedBytes}"` : '';
  let status = '';
  if (answer.partial !== undefined) {
    status = `,"status":"PARTIAL","message":${JSON.stringify(answer.partial)}`;
  }
  return Buffer.from(`{"trace":{${spans}},"metrics":{${metrics}}${status}}`);
}

function printResourceSpans(trace: WholeTrace): string {
  const resourceSpans = trace.resources.map(({ resource, scopes }) => {
    const scopeSpans = scopes.map(({ scope, spans }) => {
      const printed = spans.map((span) => printMessage(SPAN, new ProtoReader(span)));
      return `{"scope":${printMessage(SCOPE, new ProtoReader(scope))},"spans":[${printed.join(',')}]}`;
    });
    return `{"resource":${printMessage(RESOURCE, new ProtoReader(resource))},"scopeSpans":[${scopeSpans.join(',')}]}`;
  });
  return `[${resourceSpans.join(',')}]`;
}

/** Prints the message from the cursor to its end. */
function printMessage(message: OtlpMessage, r: ProtoReader): string {
  /** Printed values by field number; a repeated field has several. */
  const values: (string[] | undefined)[] = new Array(message.byNumber.length).fill(undefined);
  while (r.pos < r.end) {
    const field = message.byNumber[r.tag() >>> 3];
    if (field === undefined || field.name === 'flags') {
      r.skip();
      continue;
    }
    const value = printValue(field, r);
    const printed = values[field.number];
    if (printed === undefined) values[field.number] = [value];
    else if (field.repeated) printed.push(value);
    else printed[0] = value;
  }
  let out = '';
  for (const field of message.fields) {
    const printed = values[field.number];
    if (printed === undefined) continue;
    out += `${out === '' ? '' : ','}"${field.name}":`;
    out += field.repeated ? `[${printed.join(',')}]` : printed[0];
  }
  return `{${out}}`;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function printValue(field: OtlpField, r: ProtoReader): string {
  switch (field.kind) {
    case 'message': {
      r.range();
      const { to, end } = r;
      r.seek(r.from, to);
      const printed = printMessage(field.message!, r);
      r.seek(to, end);
      return printed;
    }
    case 'string':
      return JSON.stringify(utf8.decode(r.bytes()));
    case 'traceId':
    case 'spanId':
      return `"${Buffer.from(r.bytes()).toString('base64')}"`;
    case 'bytes':
      return `"${Buffer.from(r.bytes()).toString('base64')}"`;
    case 'bool':
      r.varint64();
      return (r.low | r.high) === 0 ? 'false' : 'true';
    case 'double':
      return printDouble(r.double());
    case 'enum': {
      const number = r.uint32() | 0;
      for (const [name, value] of field.values!) if (value === number) return `"${name}"`;
      return String(number);
    }
    case 'fixed64':
      r.fixed64();
      return `"${BigInt.asUintN(64, int64(r.low, r.high))}"`;
    case 'sfixed64':
      r.fixed64();
      return `"${int64(r.low, r.high)}"`;
    case 'int64':
      r.varint64();
      return `"${int64(r.low, r.high)}"`;
    case 'uint64':
      r.varint64();
      return `"${BigInt.asUintN(64, int64(r.low, r.high))}"`;
    case 'fixed32':
      return String(r.fixed32());
    case 'int32':
      return String(r.uint32() | 0);
    case 'sint32': {
      const zigzag = r.uint32();
      return String((zigzag >>> 1) ^ -(zigzag & 1));
    }
    default:
      return String(r.uint32());
  }
}

/** Not finite doubles are strings in protobuf's JSON. */
function printDouble(value: number): string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}
