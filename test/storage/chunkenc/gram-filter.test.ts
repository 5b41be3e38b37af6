/** A filter may let a page pass for nothing; it must never hold one back that has the text. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { buildGramFilter, GramDemands } from '../../../src/storage/chunkenc/gram-filter.ts';

const text = fc.stringMatching(/^[a-z0-9 ":\-.é\n]{0,200}$/);

function demandsOf(...texts: string[]): GramDemands {
  return new GramDemands(texts.map((t) => Buffer.from(t)));
}

describe('gram filter', () => {
  it('admits every text that is in the lines, wherever it begins', () => {
    fc.assert(
      fc.property(text, text, text, fc.nat(7), (before, needle, after, shift) => {
        // A page's lines may lie anywhere in a buffer.
        const whole = Buffer.concat([Buffer.alloc(shift), Buffer.from(before + needle + after)]);
        const filter = buildGramFilter(whole.subarray(shift));
        assert.ok(filter);
        assert.ok(demandsOf(needle).admit(filter));
      }),
      { numRuns: 2000 },
    );
  });

  it('tells pages without the text', () => {
    const lines = Array.from(
      { length: 3000 },
      (_, i) =>
        `{"ts":"2026-11-29T13:05:${i % 60}","level":"info","msg":"request completed","user":"u-${i * 37}","id":"${(i * 7919).toString(16)}"}`,
    );
    const filter = buildGramFilter(Buffer.from(lines.join('')))!;
    assert.ok(filter.length < 1100, `${filter.length} bytes`);
    for (const absent of ['connection refused', 'E7741-quorum-lost', 'no such words', 'timeout']) {
      assert.equal(demandsOf(absent).admit(filter), false, absent);
    }
    assert.equal(demandsOf('request completed', 'connection refused').admit(filter), false);
    assert.equal(demandsOf('request completed', '"level":"info"').admit(filter), true);
  });

  it('does not judge texts that are short or have numbers alone', () => {
    for (const vague of ['', 'quorum', 'deadbeef01234567', '2026-11-29 13:05:00']) {
      assert.ok(demandsOf(vague).isEmpty, vague);
    }
    assert.ok(!demandsOf('quorums').isEmpty);
  });

  it('is not kept where it would let most pages pass', () => {
    const random = Buffer.from(
      fc.sample(fc.uint8Array({ minLength: 600_000, maxLength: 600_000 }), { numRuns: 1, seed: 1 })[0]!,
    );
    assert.equal(buildGramFilter(random), undefined);
    assert.ok(buildGramFilter(Buffer.alloc(0)));
  });

  it('is refused when a bit of it is wrong', () => {
    const filter = buildGramFilter(Buffer.from('some words that make a filter'))!;
    const demands = demandsOf('some words');
    assert.ok(demands.admit(filter));
    for (let bit = 0; bit < filter.length * 8; bit++) {
      const damaged = filter.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      assert.throws(() => demands.admit(damaged), `bit ${bit}`);
    }
  });
});
