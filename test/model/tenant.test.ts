/** Ids of tenants as a header names them. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTenant, parseTenants } from '../../src/model/tenant.ts';

describe('tenants of a header', () => {
  const good: readonly (readonly [header: string, tenants: readonly string[]])[] = [
    ['a', ['a']],
    ['fake', ['fake']],
    ["aZ09!-_.*'()", ["aZ09!-_.*'()"]],
    ['...', ['...']],
    ['b|a|b', ['a', 'b']],
    ['a:product=k6|b', ['a', 'b']],
    ['a:', ['a']],
    ['x'.repeat(150), ['x'.repeat(150)]],
  ];
  for (const [header, tenants] of good) {
    it(`are those of ${header.slice(0, 20)}`, () => assert.deepEqual(parseTenants(header), tenants));
  }

  const bad: readonly (readonly [header: string | undefined, kind: string, message: string])[] = [
    [undefined, 'unauthorized', 'no org id'],
    ['', 'unauthorized', 'no org id'],
    ['a/b', 'bad_data', "tenant ID 'a/b' contains unsupported character '/'"],
    ['a b', 'bad_data', "tenant ID 'a b' contains unsupported character ' '"],
    ['a"', 'bad_data', "tenant ID 'a\"' contains unsupported character '\"'"],
    ['é', 'bad_data', "tenant ID '\ufffd' contains unsupported character 'é'"],
    ['.', 'bad_data', "tenant ID is '.' or '..'"],
    ['a|..', 'bad_data', "tenant ID is '.' or '..'"],
    ['x'.repeat(151), 'bad_data', 'tenant ID is too long: max 150 characters'],
    ['|', 'bad_data', 'tenant ID is empty'],
    ['a|', 'bad_data', 'tenant ID is empty'],
    [':a', 'bad_data', 'tenant ID is empty'],
  ];
  for (const [header, kind, message] of bad) {
    it(`cannot be ${header?.slice(0, 20)}`, () => {
      assert.throws(() => parseTenants(header), { kind, message });
      assert.throws(() => parseTenant(header), { kind, message });
    });
  }

  it('are one where only one may be', () => {
    assert.equal(parseTenant('a|a:x'), 'a');
    assert.throws(() => parseTenant('a|b'), { kind: 'bad_data', message: 'multiple org IDs present' });
  });
});
