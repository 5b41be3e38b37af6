/** JSON without making it: what is one, where it ends, and Go's words for what is wrong. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type JsonExtent, JsonSyntaxError, scanJson } from '../../../src/api/alertmanager/json-syntax.ts';

function scan(text: string): JsonExtent | undefined {
  const work = scanJson(Buffer.from(text));
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

describe('scanning JSON', () => {
  it('finds the elements of a list', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom('', ' ', '\n\t'), (values, space) => {
        const body = values.map((value) => space + JSON.stringify(value, null, space) + space).join(',');
        const text = `${space}[${body}${space}]`;
        const { end, elements } = scan(`${text} and more`)!;
        const bytes = Buffer.from(text);
        assert.equal(end, bytes.length);
        const found: unknown[] = [];
        for (let i = 0; i < elements!.length; i += 2) {
          found.push(JSON.parse(bytes.subarray(elements![i], elements![i + 1]).toString()));
        }
        assert.deepEqual(found, JSON.parse(text));
      }),
    );
  });

  it('takes what JSON is, and nothing else', () => {
    const piece = fc.constantFrom(...'[]{},:"\\u0129-+.eEtrufalsn x'.split(''), '"a"', 'true', 'null', '1');
    const text = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
      fc
        .json()
        .chain((json) =>
          fc.nat(json.length).chain((at) => piece.map((p) => json.slice(0, at) + p + json.slice(at))),
        ),
    );
    const parses = (value: string) => {
      try {
        JSON.parse(value);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(text, (value) => {
        let extent: JsonExtent | undefined;
        try {
          extent = scan(value);
        } catch (error) {
          assert.ok(error instanceof JsonSyntaxError);
          assert.ok(!parses(value), value);
          return;
        }
        if (!extent) return assert.equal(value.trim(), '');
        const bytes = Buffer.from(value);
        assert.ok(parses(bytes.subarray(extent.start, extent.end).toString()), value);
      }),
      { numRuns: 2000 },
    );
  });

  const faults: readonly (readonly [string, string])[] = [
    ['x', "invalid character 'x' looking for beginning of value"],
    ['[1,', 'unexpected EOF'],
    ['[1 2', "invalid character '2' after array element"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{1', "invalid character '1' looking for beginning of object key string"],
    ['[{"a":1,}]', "invalid character '}' looking for beginning of object key string"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ['["\\x"]', "invalid character 'x' in string escape code"],
    ['["\\u12"]', "invalid character '\"' in \\u hexadecimal character escape"],
    ['tru', 'unexpected EOF'],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['["a\nb"]', "invalid character '\\n' in string literal"],
    ['é', "invalid character 'Ã' looking for beginning of value"],
    ['['.repeat(10_001), 'exceeded max depth'],
  ];
  for (const [text, message] of faults) {
    it(`says of ${text.slice(0, 20)}: ${message}`, () => assert.throws(() => scan(text), { message }));
  }
});
