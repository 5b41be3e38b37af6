/**
 * The check of OTLP protobuf at the door: walks every known field of a message, so that whatever reads it later
 * cannot fail. Checked are wire types, lengths, ids (16 and 8 bytes or none), UTF-8 and nesting. Unknown fields are
 * stepped over. Everything is read once and in place; nothing is allocated.
 */

import { ProtoReader, WIRE } from '../../base/protobuf.ts';
import {
  OTLP_DEPTH_MAX,
  OTLP_MESSAGES,
  OTLP_REQUEST,
  type OtlpMessage,
  type OtlpSignal,
} from '../../model/otlp-schema.ts';
import { asBadData } from './bad-data.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What the value of a field must look like. */
const SHAPE = {
  unknown: 0,
  varint: 1,
  fixed64: 2,
  fixed32: 3,
  text: 4,
  bytes: 5,
  traceId: 6,
  spanId: 7,
  message: 8,
  varints: 9,
  fixed64s: 10,
} as const;

/** A message in the form that the inner loop reads: a shape and a child per field number. */
export interface CheckPlan {
  readonly message: OtlpMessage;
  readonly shapes: Uint8Array;
  readonly children: (CheckPlan | undefined)[];
}

function shapeOf(kind: string, repeated: boolean): number {
  switch (kind) {
    case 'string':
      return SHAPE.text;
    case 'bytes':
    case 'traceId':
    case 'spanId':
    case 'message':
      return SHAPE[kind];
    case 'fixed32':
      return SHAPE.fixed32;
    case 'fixed64':
    case 'sfixed64':
    case 'double':
      return repeated ? SHAPE.fixed64s : SHAPE.fixed64;
    default:
      return repeated ? SHAPE.varints : SHAPE.varint;
  }
}

function buildPlans(): ReadonlyMap<string, CheckPlan> {
  const plans = new Map<string, CheckPlan>();
  for (const message of OTLP_MESSAGES.values()) {
    const shapes = new Uint8Array(message.byNumber.length);
    for (const f of message.fields) shapes[f.number] = shapeOf(f.kind, f.repeated);
    plans.set(message.name, { message, shapes, children: new Array(shapes.length).fill(undefined) });
  }
  for (const plan of plans.values()) {
    for (const f of plan.message.fields) {
      if (f.message) plan.children[f.number] = plans.get(f.message.name);
    }
  }
  return plans;
}

const PLANS = buildPlans();

/** The plan of a message of the table, by its name there. */
export function checkPlan(name: string): CheckPlan {
  return PLANS.get(name)!;
}

/** What the answer to a malformed request opens with. */
export const BAD_OTLP = 'invalid OTLP protobuf';

/** Checks a whole request. Throws `TriliteError` (`bad_data`) saying what is wrong and at which byte. */
export function checkOtlp(signal: OtlpSignal, body: Uint8Array): void {
  asBadData(BAD_OTLP, () =>
    new OtlpChecker(body).message(checkPlan(OTLP_REQUEST[signal].name), body.length, 0),
  );
}

export class OtlpChecker extends ProtoReader {
  /** Checks the fields from `pos` to `end`, and leaves `pos` there. Throws `ByteError`. */
  message(plan: CheckPlan, end: number, depth: number): void {
    if (depth > OTLP_DEPTH_MAX) this.fail(`messages nested deeper than ${OTLP_DEPTH_MAX}`);
    const outer = this.end;
    this.end = end;
    while (this.pos < end) this.value(plan, this.tag(), depth);
    this.end = outer;
  }

  /** Checks the value of the field whose tag was just read. */
  value(plan: CheckPlan, tag: number, depth: number): void {
    const number = tag >>> 3;
    const shape = number < plan.shapes.length ? plan.shapes[number]! : SHAPE.unknown;
    switch (shape) {
      case SHAPE.unknown:
        this.skip();
        return;
      case SHAPE.varint:
        this.#want(plan, number, WIRE.varint);
        this.uint32();
        return;
      case SHAPE.fixed64:
        this.#want(plan, number, WIRE.fixed64);
        this.skip();
        return;
      case SHAPE.fixed32:
        this.#want(plan, number, WIRE.fixed32);
        this.skip();
        return;
      case SHAPE.varints:
      case SHAPE.fixed64s:
        this.#numbers(plan, number, shape);
        return;
      default:
        this.#want(plan, number, WIRE.length);
        this.range();
        this.#piece(plan, number, shape, depth);
    }
  }

  #want(plan: CheckPlan, number: number, wire: number): void {
    if (this.wire !== wire) {
      const name = plan.message.byNumber[number]!.name;
      this.fail(`${plan.message.name}.${name}: wire type ${this.wire}, expected ${wire}`);
    }
  }

  /** A repeated number, packed or not. */
  #numbers(plan: CheckPlan, number: number, shape: number): void {
    const packed = this.wire === WIRE.length;
    if (!packed) {
      this.#want(plan, number, shape === SHAPE.varints ? WIRE.varint : WIRE.fixed64);
      this.skip();
      return;
    }
    this.range();
    if (shape === SHAPE.fixed64s) {
      if ((this.to - this.from) % 8 !== 0) this.fail('packed 64-bit values of odd length');
      return;
    }
    const { from, to, end } = this;
    this.seek(from, to);
    while (this.pos < to) this.varint64();
    this.end = end;
  }

  /** A length-delimited value, `from` to `to`. */
  #piece(plan: CheckPlan, number: number, shape: number, depth: number): void {
    const { from, to } = this;
    switch (shape) {
      case SHAPE.text: {
        const { buf } = this;
        for (let i = from; i < to; i++) {
          if (buf[i]! > 0x7f) {
            this.#utf8(plan, number, from, to);
            return;
          }
        }
        return;
      }
      case SHAPE.bytes:
        return;
      case SHAPE.message: {
        this.pos = from;
        this.message(plan.children[number]!, to, depth + 1);
        return;
      }
      default: {
        const want = shape === SHAPE.traceId ? 16 : 8;
        if (to - from !== 0 && to - from !== want) {
          const name = plan.message.byNumber[number]!.name;
          this.fail(`${plan.message.name}.${name}: ${to - from} bytes, expected ${want}`);
        }
      }
    }
  }

  #utf8(plan: CheckPlan, number: number, from: number, to: number): void {
    try {
      strictUtf8.decode(this.buf.subarray(from, to));
    } catch {
      this.fail(`${plan.message.name}.${plan.message.byNumber[number]!.name}: invalid UTF-8`);
    }
  }
}
