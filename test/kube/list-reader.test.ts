/** A list that is read piece by piece gives what parsing it whole gives, wherever the pieces end. */

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ListReader } from '../../src/kube/list-reader.ts';
import { watchEvents } from '../../src/kube/watch-events.ts';
import { TriliteError } from '../../src/model/errors.ts';

/** Servers write `null` for what is not there. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]));
}

const objects = fc.array(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), { maxLength: 6 });

/** The bytes cut at places that a generator chose. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length));
}

function read(pieces: readonly Buffer[]): { items: unknown[]; meta: object } {
  const items: unknown[] = [];
  const reader = new ListReader((item) => items.push(item));
  for (const piece of pieces) reader.push(piece);
  return { items, meta: reader.end() };
}

describe('a list', () => {
  it('is the same however it is cut, and wherever its metadata stands', () => {
    const meta = fc.record({ resourceVersion: fc.string({ unit: 'binary' }), continue: fc.string() });
    fc.assert(
      fc.property(
        objects,
        meta,
        fc.array(fc.nat()),
        fc.boolean(),
        fc.boolean(),
        (items, metadata, places, first, spaced) => {
          const other = {
            kind: '{"items":[{',
            tags: ['[', '{', [{ a: 1 }]],
            managed: { items: [{ not: 'one' }] },
          };
          const list = first ? { metadata, ...other, items } : { items, ...other, metadata };
          // Whatever stands in other arrays of the outermost object counts as an element: API servers have none.
          const text = JSON.stringify({ ...list, tags: other.tags.slice(0, 2) }, null, spaced ? 2 : 0);
          assert.deepEqual(
            read(cut(Buffer.from(text), places)),
            withoutNulls(JSON.parse(JSON.stringify({ items, meta: metadata }))),
          );
        },
      ),
    );
  });

  it('that breaks off, or is none, is refused', () => {
    const text = Buffer.from('{"metadata":{"resourceVersion":"1"},"items":[{"a":"ü"},{"b":2}]}');
    for (let end = 0; end < text.length; end++)
      assert.throws(() => read([text.subarray(0, end)]), SyntaxError);
    assert.throws(() => read([Buffer.from('{"items":[{nonsense}]}')]), SyntaxError);
    assert.deepEqual(read([Buffer.from('{"items":null}')]), { items: [], meta: {} });
  });
});

describe('events of a watch', () => {
  const all = async (pieces: readonly Buffer[]) => {
    const events = [];
    for await (const event of watchEvents(Readable.from(pieces, { objectMode: true }))) events.push(event);
    return events;
  };

  it('are the same however lines are cut', async () => {
    const property = fc.asyncProperty(objects, fc.array(fc.nat()), async (objects, places) => {
      const events = objects.map((object) => ({ type: 'ADDED', object }));
      const text = events.map((event) => `${JSON.stringify(event)}\n`).join('\n');
      const pieces = cut(Buffer.from(text), places).filter((piece) => piece.length > 0);
      assert.deepEqual(await all(pieces), withoutNulls(JSON.parse(JSON.stringify(events))));
    });
    await fc.assert(property);
  });

  it('that are none are refused; a line without its end is not looked at', async () => {
    for (const text of ['x', '3', 'null', '[]', '{"type":"ADDED"}', '{"type":1,"object":{}}']) {
      await assert.rejects(all([Buffer.from(`${text}\n`)]), TriliteError, text);
      assert.deepEqual(await all([Buffer.from(text)]), []);
    }
  });
});
