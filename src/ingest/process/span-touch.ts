/**
 * Whether the rules that a span meets could change it: one walk over its bytes, which makes no object of it. Most spans that
 * rules look at have nothing that rules are about, and stay the bytes that came. Yes may be wrong, no never is.
 */

import { ProtoReader, WIRE } from '../../base/protobuf.ts';
import { ANY_VALUE_TAG, int64 } from '../../model/attributes.ts';
import { ByteTable } from '../decode/byte-table.ts';
import { SPAN_ATTRIBUTES } from './group-kinds.ts';
import type { ItemPlan } from './rule-set.ts';
import { KEY_VALUE, roleOf, type SpanMessageName, spanMessage } from './span-messages.ts';
import type { TextPattern } from './text-patterns.ts';

/** Keys that are remembered; beyond it all are forgotten. */
const KEYS_MAX = 8192;
/** Longer keys are not remembered. */
const KNOWN_KEY_MAX = 128;
const KEY_SPACE = 0;
const NO_BYTES = Buffer.alloc(0);
/** The one field of ArrayValue. */
const TAG_VALUES = 10;
/** No number's text is longer. */
const NUMBER_TEXT_MAX = 32;

const NO = 1;
const YES = 2;

export class SpanTouch {
  readonly #plan: ItemPlan;
  #keys = new ByteTable();
  /** By number of the key. */
  #touched = new Uint8Array(KEYS_MAX);
  #reader = new ProtoReader(NO_BYTES);
  #bytes: Buffer = NO_BYTES;
  readonly #numberText = Buffer.alloc(NUMBER_TEXT_MAX);

  constructor(plan: ItemPlan) {
    this.#plan = plan;
  }

  /** Spans that are asked about from now on lie in these bytes. */
  begin(bytes: Uint8Array): void {
    if (this.#reader.buf === bytes) return;
    this.#reader = new ProtoReader(bytes);
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Lets go of the bytes. */
  end(): void {
    this.begin(NO_BYTES);
    this.#keys.find(KEY_SPACE, NO_BYTES, 0, 0);
  }

  isTouched(from: number, to: number): boolean {
    const { rules, setsItem } = this.#plan;
    if (rules.length === 0) return false;
    return setsItem || this.#message('Span', from, to);
  }

  #message(name: SpanMessageName, from: number, to: number): boolean {
    const r = this.#reader;
    const message = spanMessage(name);
    const searches = this.#plan.texts.length > 0;
    r.seek(from, to);
    while (r.pos < to) {
      r.tag();
      const { field } = r;
      const role = roleOf(message, field, r.wire);
      if (r.wire !== WIRE.length) {
        if (role === 'foreign' && searches) return true;
        r.skip();
        continue;
      }
      r.range();
      const { from: a, to: b } = r;
      if (role === 'attribute' && this.#attribute(a, b)) return true;
      if (role === 'text' && mayMatch(this.#plan.texts, this.#bytes, a, b)) return true;
      if (role === 'message' && this.#message(message.nested[field]!, a, b)) return true;
      if (role === 'foreign' && searches) return true;
      r.seek(b, to);
    }
    return false;
  }

  #attribute(from: number, to: number): boolean {
    const r = this.#reader;
    let [keyFrom, keyTo] = [0, 0];
    r.seek(from, to);
    while (r.pos < to) {
      const tag = r.tag();
      if (tag !== KEY_VALUE.key && tag !== KEY_VALUE.value) {
        if (this.#plan.texts.length > 0) return true;
        r.skip();
        continue;
      }
      r.range();
      const { from: a, to: b } = r;
      if (tag === KEY_VALUE.key) [keyFrom, keyTo] = [a, b];
      else if (this.#value(a, b)) return true;
      r.seek(b, to);
    }
    return this.#isTouchedKey(keyFrom, keyTo);
  }

  #isTouchedKey(from: number, to: number): boolean {
    const { structural } = SPAN_ATTRIBUTES;
    const plan = this.#plan;
    if (to - from > KNOWN_KEY_MAX)
      return plan.touchesName(this.#bytes.toString('utf8', from, to), structural);
    let key = this.#keys.find(KEY_SPACE, this.#bytes, from, to);
    if (key < 0) {
      if (this.#keys.size >= KEYS_MAX) this.#keys = new ByteTable();
      key = this.#keys.add(KEY_SPACE, this.#bytes, from, to);
      const isTouched = plan.touchesName(this.#bytes.toString('utf8', from, to), structural);
      this.#touched[key] = isTouched ? YES : NO;
    }
    return this.#touched[key] === YES;
  }

  /** Of an AnyValue. What is more than one value or a list of them is looked at by who decodes it. */
  #value(from: number, to: number): boolean {
    if (from === to) return false;
    const r = this.#reader;
    const { values } = this.#plan;
    r.seek(from, to);
    switch (r.tag()) {
      case ANY_VALUE_TAG.string:
        r.range();
        return r.to !== to || mayMatch(values, this.#bytes, r.from, r.to);
      case ANY_VALUE_TAG.bool:
        r.skip();
        return r.pos !== to;
      case ANY_VALUE_TAG.int:
        r.varint64();
        return r.pos !== to || this.#number(int64(r.low, r.high));
      case ANY_VALUE_TAG.double:
        return this.#number(r.double()) || r.pos !== to;
      case ANY_VALUE_TAG.array:
        r.range();
        return r.to !== to || this.#array(r.from, to);
      default:
        return true;
    }
  }

  #array(from: number, to: number): boolean {
    const r = this.#reader;
    r.seek(from, to);
    while (r.pos < to) {
      if (r.tag() !== TAG_VALUES) return true;
      r.range();
      const { from: a, to: b } = r;
      if (this.#value(a, b)) return true;
      r.seek(b, to);
    }
    return false;
  }

  #number(value: bigint | number): boolean {
    if (this.#plan.values.length === 0) return false;
    const length = this.#numberText.write(String(value), 'latin1');
    return mayMatch(this.#plan.values, this.#numberText, 0, length);
  }
}

function mayMatch(patterns: readonly TextPattern[], bytes: Buffer, from: number, to: number): boolean {
  for (const pattern of patterns) if (pattern.mayMatch(bytes, from, to)) return true;
  return false;
}
