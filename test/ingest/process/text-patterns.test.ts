/** Patterns by name and by expression: what they find, what they leave, and that they take little time over anything. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NAMED_PATTERNS, textPattern } from '../../../src/ingest/process/text-patterns.ts';

/** Each row: what is written, and what becomes of it. */
function redacts(pattern: string, rows: readonly (readonly [given: string, stored: string])[]): void {
  const { replace, mayMatch } = textPattern(pattern, '#');
  for (const [given, stored] of rows) {
    assert.equal(replace(given), stored, given);
    const bytes = Buffer.from(`<${given}>`);
    if (given !== stored) assert.ok(mayMatch(bytes, 1, bytes.length - 1), given);
  }
}

describe('named patterns', () => {
  it('credit_card: by length, scheme and check digit, in groups or not', () => {
    redacts('credit_card', [
      ['card 4111111111111111 ok', 'card # ok'],
      ['4111 1111 1111 1111', '#'],
      ['5500-0000-0000-0004,', '#,'],
      ['378282246310005', '#'],
      ['7 4111 1111 1111 1111 4', '7 # 4'],
      ['{"card":"6011111111111117"}', '{"card":"#"}'],
      ['4111111111111112', '4111111111111112'],
      ['1767268800000000000', '1767268800000000000'],
      ['94111111111111111', '94111111111111111'],
      ['4111111111111111 5500000000000004', '# #'],
    ]);
  });

  it('email: in text, in URLs, in JSON', () => {
    redacts('email', [
      ['from ann@example.com.', 'from #.'],
      ['a.b+c@mail.example.co.uk x@y.de', '# #'],
      ['/u?mail=ann%40example.com&x=1', '/u?mail=#&x=1'],
      ['{"to":"ann@example.com"}', '{"to":"#"}'],
      ['mailto:ann@example.com', 'mailto:#'],
      ['jürgen@müller.de', '#'],
      ['@here and a@b', '@here and a@b'],
      ['to=ann@example.com', 'to=#'],
    ]);
  });

  it('ipv4: four numbers, no version', () => {
    redacts('ipv4', [
      ['from 10.0.0.1:80', 'from #:80'],
      ['192.168.1.255.', '#.'],
      ['1.2.3.4.5', '1.2.3.4.5'],
      ['999.1.1.1', '999.1.1.1'],
      ['v11.2.3.4', 'v#'],
    ]);
  });

  it('bearer_token: the credentials, not the scheme', () => {
    redacts('bearer_token', [
      ['Authorization: Bearer abc.DEF-123_456', 'Authorization: Bearer #'],
      ['bearer  0123456789=', 'bearer  #'],
      ['bearer x', 'bearer x'],
    ]);
  });

  it('aws_key: ids, and secrets behind their name', () => {
    redacts('aws_key', [
      ['id AKIAIOSFODNN7EXAMPLE.', 'id #.'],
      ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'aws_secret_access_key = #'],
      ['XAKIAIOSFODNN7EXAMPLE', 'XAKIAIOSFODNN7EXAMPLE'],
    ]);
  });

  it('jwt: three parts of base64', () => {
    redacts('jwt', [
      ['t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmN-_', 't=#'],
      ['eyJhbGci.eyJzdWIi.', '#'],
      ['eyJhbGci.xyz.abc', 'eyJhbGci.xyz.abc'],
    ]);
  });

  it('take time that is linear in the text', () => {
    const length = 200_000;
    const hostile = ['1', '1 ', '@', 'a@', 'a', '1.', 'eyJ', 'eyJ.', 'bearer ', 'A', '4111-', 'a@a.', '%40'];
    const began = process.cpuUsage();
    for (const name of NAMED_PATTERNS) {
      const { replace } = textPattern(name, '#');
      for (const piece of hostile) replace(piece.repeat(length / piece.length));
    }
    // Quadratic ones would take minutes.
    assert.ok(process.cpuUsage(began).user < 30e6);
  });

  it('pass over only what they would not change', () => {
    const piece = fc.constantFrom(
      '4111111111111111',
      'a@b.de',
      '%40',
      '10.0.0.1',
      'Bearer abcdefgh1',
      'eyJa.eyJb.c',
      'AKIAIOSFODNN7EXAMPLE',
      ' ',
      'x',
      '=',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), fc.constantFrom(...NAMED_PATTERNS), (pieces, name) => {
        const text = pieces.join('');
        const { replace, mayMatch } = textPattern(name, '#');
        const bytes = Buffer.from(text);
        if (!mayMatch(bytes, 0, bytes.length)) assert.equal(replace(text), text);
      }),
    );
  });
});

describe('expressions', () => {
  it('are RE2, anywhere in the text, with groups in the replacement', () => {
    const { replace } = textPattern('([?&]token=)[^&\\s]+', '$1-gone');
    assert.equal(replace('/a?token=x&b=1&token=y z'), '/a?token=-gone&b=1&token=-gone z');
    assert.equal(replace('/a'), '/a');
  });

  it('are not read past the piece that is looked at', () => {
    const { mayMatch } = textPattern('secret', '#');
    const bytes = Buffer.from('a line|secret');
    assert.equal(mayMatch(bytes, 0, 6), false);
    assert.equal(mayMatch(bytes, 0, bytes.length), true);
  });

  it('are refused where they are malformed or fit nothing at all', () => {
    assert.throws(() => textPattern('a(', '#'), { kind: 'bad_data' });
    assert.throws(() => textPattern('x*', '#'), /matches empty text/);
  });

  it('do not make a text many times as long', () => {
    const { replace } = textPattern('.', 'x'.repeat(256));
    const stored = replace('a'.repeat(100_000));
    assert.equal(stored, 'x'.repeat(256));
  });
});
