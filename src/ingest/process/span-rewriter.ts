/**
 * Messages of a span batch under rules. What no rule changes is copied as it stands, in the place where it stood; attributes
 * are written one after the other where the first of them was, those that did not change with their own bytes. Fields that
 * are none of OTLP's are left out of what is rewritten: nobody could say what is in them.
 */

import { utf8Decode } from '../../base/bytes.ts';
import { ProtoReader, WIRE } from '../../base/protobuf.ts';
import { ProtoWriter } from '../../base/protobuf-writer.ts';
import { type AnyValue, decodeAnyValue } from '../../model/attributes.ts';
import { writeKeyValue } from './any-value-writer.ts';
import { AttributeGroup, type GroupKind } from './attribute-group.ts';
import { SPAN_ATTRIBUTES } from './group-kinds.ts';
import { hidesSomething } from './hidden-parts.ts';
import type { ItemPlan } from './rule-set.ts';
import { KEY_VALUE, roleOf, type SpanMessageName, spanMessage } from './span-messages.ts';

/** An attribute as it came, by its value: as long as that is the same, so are its bytes. */
type Sources = Map<AnyValue, { readonly key: string; readonly from: number; readonly to: number }>;

/** The attributes of a message, with where they stand. */
export interface ReadAttributes {
  readonly group: AttributeGroup;
  readonly sources: Sources;
}

const SPAN_NAME_FIELD = 5;

export class SpanRewriter {
  readonly #bytes: Uint8Array;
  readonly #reader: ProtoReader;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#reader = new ProtoReader(bytes);
  }

  attributes(name: SpanMessageName, kind: GroupKind, from: number, to: number): ReadAttributes {
    const group = new AttributeGroup(kind, [], []);
    const sources: Sources = new Map();
    const { attributeField } = spanMessage(name);
    const r = this.#reader;
    r.seek(from, to);
    while (r.pos < to) {
      r.tag();
      if (r.field !== attributeField || r.wire !== WIRE.length) {
        r.skip();
        continue;
      }
      r.range();
      const { from: a, to: b } = r;
      const [key, value] = this.#keyValue(a, b);
      group.add(key, value);
      sources.set(value, { key, from: a, to: b });
      r.seek(b, to);
    }
    return { group, sources };
  }

  /** The name of a span. */
  name(from: number, to: number): string {
    const r = this.#reader;
    let name = '';
    r.seek(from, to);
    while (r.pos < to) {
      r.tag();
      if (r.field === SPAN_NAME_FIELD && r.wire === WIRE.length) name = r.text();
      else r.skip();
    }
    return name;
  }

  #keyValue(from: number, to: number): [string, AnyValue] {
    const r = this.#reader;
    let key = '';
    // An object of its own: `Sources` tells values apart by it.
    let value: AnyValue = { type: 'empty' };
    r.seek(from, to);
    while (r.pos < to) {
      const tag = r.tag();
      if (tag !== KEY_VALUE.key && tag !== KEY_VALUE.value) {
        r.skip();
        continue;
      }
      const piece = r.bytes();
      if (tag === KEY_VALUE.key) key = utf8Decode(piece);
      else value = piece.length === 0 ? { type: 'empty' } : { ...decodeAnyValue(piece) };
    }
    return [key, value];
  }

  /**
   * The message under a plan, its own attributes being what rules have made of them already; undefined where nothing is another
   * than it was.
   */
  rewrite(
    name: SpanMessageName,
    from: number,
    to: number,
    own: ReadAttributes,
    plan: ItemPlan,
  ): Uint8Array | undefined {
    const out = new ProtoWriter(to - from + 64);
    const isChanged = this.#message(out, name, from, to, own, plan);
    return isChanged ? out.take() : undefined;
  }

  /** Writes the message; whether anything of it changed. */
  #message(
    out: ProtoWriter,
    name: SpanMessageName,
    from: number,
    to: number,
    own: ReadAttributes,
    plan: ItemPlan,
  ): boolean {
    const r = this.#reader;
    const message = spanMessage(name);
    let isChanged = own.group.isChanged;
    let isWritten = false;
    r.seek(from, to);
    while (r.pos < to) {
      const start = r.pos;
      r.tag();
      const { field } = r;
      const role = roleOf(message, field, r.wire);
      if (role === 'plain' || role === 'foreign') {
        r.skip();
        if (role === 'plain') out.bytes(this.#bytes.subarray(start, r.pos));
        else isChanged ||= plan.texts.length > 0;
        continue;
      }
      r.range();
      const { from: a, to: b } = r;
      if (role === 'attribute') {
        if (!isWritten) isChanged = this.#writeAttributes(out, field, own) || isChanged;
        isWritten = true;
      } else if (role === 'text') isChanged = this.#text(out, field, a, b, plan) || isChanged;
      else isChanged = this.#nested(out, field, message.nested[field]!, a, b, plan) || isChanged;
      r.seek(b, to);
    }
    if (!isWritten && message.attributeField > 0) this.#writeAttributes(out, message.attributeField, own);
    return isChanged;
  }

  #text(out: ProtoWriter, field: number, from: number, to: number, plan: ItemPlan): boolean {
    const piece = this.#bytes.subarray(from, to);
    const given = utf8Decode(piece);
    const text = plan.text(given);
    if (text === given) {
      out.bytesField(field, piece);
      return false;
    }
    out.tag(field, WIRE.length);
    out.text(text);
    return true;
  }

  #nested(
    out: ProtoWriter,
    field: number,
    name: SpanMessageName,
    from: number,
    to: number,
    plan: ItemPlan,
  ): boolean {
    const own = this.attributes(name, SPAN_ATTRIBUTES, from, to);
    for (const rule of plan.rules) rule.apply(own.group, 'neither');
    out.tag(field, WIRE.length);
    const start = out.length;
    const isChanged = this.#message(out, name, from, to, own, plan);
    out.closeLength(start);
    return isChanged;
  }

  /** Whether one of them is not the bytes that it was. */
  #writeAttributes(out: ProtoWriter, field: number, { group, sources }: ReadAttributes): boolean {
    let { isChanged } = group;
    for (const [i, value] of group.values.entries()) {
      const key = group.keys[i]!;
      const source = sources.get(value);
      if (source?.key === key && !hidesSomething(this.#bytes, source.from, source.to)) {
        out.bytesField(field, this.#bytes.subarray(source.from, source.to));
      } else {
        writeKeyValue(out, field, key, value);
        isChanged = true;
      }
    }
    return isChanged;
  }
}
