/** IP addresses against the platform's own reading of them. */

import assert from 'node:assert/strict';
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { ipAddressOf, ipAddressOfBytes } from '../../../src/ingest/decode/ip-address.ts';

/** As URLs write it. */
function usualForm(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

test('addresses in any form have one', () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const usual = usualForm(address);
      const own = ipAddressOf(address)!;
      // An address of version 4 stands as one.
      assert.equal(isIPv4(own) ? usualForm(`::ffff:${own}`) : own, usual);
      assert.equal(isIPv4(own), usual.startsWith('::ffff:') && usual.split(':').length <= 5);
    }),
    { numRuns: 1000 },
  );
  fc.assert(fc.property(fc.ipV4(), (address) => assert.equal(ipAddressOf(address), address)));
});

test('what is no address is told from what is', () => {
  const nearly = fc.string({ unit: fc.constantFrom(...'01f:.5'), maxLength: 12 });
  fc.assert(
    fc.property(nearly, (text) => assert.equal(ipAddressOf(text) !== undefined, isIP(text) !== 0, text)),
    { numRuns: 5000 },
  );
  for (const text of [
    '',
    '1.2.3.4.',
    '01.2.3.4',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    'fe80::1%eth0',
    '::1.2.3',
    ':::',
  ]) {
    assert.equal(ipAddressOf(text), undefined, text);
  }
});

test('bytes are read as the text of them is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const digits = Buffer.from(bytes).toString('hex').match(/.{4}/g)!.join(':');
      assert.ok(isIPv6(digits));
      assert.equal(ipAddressOfBytes(bytes), ipAddressOf(digits));
    }),
  );
  assert.equal(ipAddressOfBytes(new Uint8Array([10, 0, 0, 255])), '10.0.0.255');
  assert.equal(ipAddressOfBytes(new Uint8Array(16)), '::');
  assert.equal(ipAddressOfBytes(new Uint8Array(5)), undefined);
});
