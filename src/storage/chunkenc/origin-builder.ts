/** Where spans come from: resources and scopes from protobuf to their tables, equal bytes becoming one row. */

import { ProtoReader } from '../../base/protobuf.ts';
import type { SpanBatch } from '../../model/batch.ts';
import type { ResourceTable, ScopeTable } from '../../model/span-group.ts';
import { AttributesBuilder, TextBuilder } from './attribute-builder.ts';
import { Interner } from './interner.ts';
import { once, U32List } from './span-columns.ts';

const RESOURCE_TAG = { attributes: 10, dropped: 16 } as const;
const SCOPE_TAG = { name: 10, version: 18, attributes: 26, dropped: 32 } as const;

/** Resources or scopes: equal bytes are one row; each batch's indexes are looked up once. */
export class OriginBuilder {
  readonly #attributes = new AttributesBuilder();
  readonly #names = new TextBuilder();
  readonly #versions = new TextBuilder();
  readonly #dropped = new U32List();
  readonly #interner = new Interner();
  #rows = 0;
  /** Row of a batch's index, plus 1. */
  readonly #known: Uint32Array[];
  readonly #scope: boolean;

  constructor(batches: readonly SpanBatch[], scope: boolean) {
    this.#scope = scope;
    this.#known = batches.map((b) => new Uint32Array(scope ? b.scopeCount : b.resourceCount));
  }

  /** A table of these messages, one row each, in their order. */
  static of(messages: readonly Uint8Array[], scope: boolean): OriginBuilder {
    const builder = new OriginBuilder([], scope);
    for (const message of messages) {
      const r = new ProtoReader(message);
      builder.#addMessage(r, builder.#rows++);
    }
    return builder;
  }

  /** Rows so far. */
  get count(): number {
    return this.#rows;
  }

  /** Row of resource (scope) `index` of a batch. */
  row(batchIndex: number, batch: SpanBatch, index: number): number {
    const known = this.#known[batchIndex]!;
    if (known[index] !== 0) return known[index]! - 1;
    const from = (this.#scope ? batch.scopeStart : batch.resourceStart)[index]!;
    const to = (this.#scope ? batch.scopeEnd : batch.resourceEnd)[index]!;
    const count = this.count;
    const row = this.#interner.add(batch.bytes, from, to);
    known[index] = row + 1;
    if (row === count) {
      this.#rows++;
      this.#addMessage(new ProtoReader(batch.bytes, from, to), row);
    }
    return row;
  }

  #addMessage(r: ProtoReader, row: number): void {
    if (this.#scope) this.#addScope(r, row);
    else this.#addResource(r, row);
  }

  #addResource(r: ProtoReader, row: number): void {
    let dropped = 0;
    while (r.pos < r.end) {
      const tag = r.tag();
      if (tag === RESOURCE_TAG.attributes) {
        r.range();
        this.#attributes.add(r, row);
      } else if (tag === RESOURCE_TAG.dropped) dropped = r.uint32();
      else r.skip();
    }
    this.#dropped.push(dropped);
  }

  #addScope(r: ProtoReader, row: number): void {
    let dropped = 0;
    const name = { from: 0, to: 0 };
    const version = { from: 0, to: 0 };
    while (r.pos < r.end) {
      const tag = r.tag();
      if (tag === SCOPE_TAG.attributes) {
        r.range();
        this.#attributes.add(r, row);
      } else if (tag === SCOPE_TAG.name || tag === SCOPE_TAG.version) {
        r.range();
        const range = tag === SCOPE_TAG.name ? name : version;
        range.from = r.from;
        range.to = r.to;
      } else if (tag === SCOPE_TAG.dropped) dropped = r.uint32();
      else r.skip();
    }
    this.#names.add(r.buf, name.from, name.to);
    this.#versions.add(r.buf, version.from, version.to);
    this.#dropped.push(dropped);
  }

  finishResources(): ResourceTable {
    const dropped = this.#dropped.take();
    const { count } = this;
    return { count, attributes: this.#attributes.finish(count), droppedAttributes: () => dropped };
  }

  finishScopes(): ScopeTable {
    return {
      ...this.finishResources(),
      names: once(() => this.#names.finish()),
      versions: once(() => this.#versions.finish()),
    };
  }
}
