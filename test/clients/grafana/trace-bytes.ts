/**
 * What Grafana's Tempo data source asks of a trace's protobuf before it may look into it: its server reads the status
 * of every span, the scope of every group and the resource of every process without looking whether they are there.
 * The messages are walked by field numbers alone, with nothing of the server's own reader.
 */

import assert from 'node:assert/strict';

interface Field {
  readonly number: number;
  /** Of a length-delimited field; empty otherwise. */
  readonly bytes: Uint8Array;
}

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

/** The fields of one message, in their order. Throws where the bytes are no message. */
function fieldsOf(message: Uint8Array): Field[] {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      assert.ok(at < message.length, 'a message that is cut off');
      const byte = message[at++]!;
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  };
  const out: Field[] = [];
  while (at < message.length) {
    const tag = varint();
    const wire = tag % 8;
    let bytes = message.subarray(at, at);
    if (wire === VARINT) varint();
    else if (wire === FIXED64) at += 8;
    else if (wire === FIXED32) at += 4;
    else {
      assert.equal(wire, DELIMITED, 'a wire type that there is not');
      const length = varint();
      bytes = message.subarray(at, at + length);
      at += length;
    }
    assert.ok(at <= message.length, 'a field that is cut off');
    out.push({ number: Math.floor(tag / 8), bytes });
  }
  return out;
}

const all = (message: Uint8Array, number: number): Uint8Array[] =>
  fieldsOf(message)
    .filter((field) => field.number === number)
    .map(({ bytes }) => bytes);

function one(message: Uint8Array, number: number, what: string): Uint8Array {
  const found = all(message, number);
  assert.equal(found.length, 1, `${what} is there ${found.length} times`);
  return found[0]!;
}

/** Fields of OpenTelemetry's messages. */
const RESOURCE = 1;
const ATTRIBUTES = 1;
const SCOPE = 1;
const CHILDREN = 2;
const STATUS = 15;

/** Checks a `Trace` and returns how many of its spans Grafana shows; those of a resource without attributes it does not. */
export function checkTrace(trace: Uint8Array): number {
  let shown = 0;
  for (const resourceSpans of all(trace, 1)) {
    const attributes = all(one(resourceSpans, RESOURCE, 'a resource'), ATTRIBUTES).length;
    for (const scopeSpans of all(resourceSpans, CHILDREN)) {
      one(scopeSpans, SCOPE, 'a scope');
      const spans = all(scopeSpans, CHILDREN);
      for (const span of spans) one(span, STATUS, 'a status');
      if (attributes > 0) shown += spans.length;
    }
  }
  return shown;
}

/** The same of a `TraceByIDResponse`, which has the trace in its first field; nothing at all would be no message. */
export function checkTraceById(body: Uint8Array): number {
  return checkTrace(one(body, 1, 'a trace'));
}
