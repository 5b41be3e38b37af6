/** Who brings wrong credentials too often has to wait, and nobody else; each credential has its pace. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gate } from '../../src/access/gate.ts';
import { Guessing } from '../../src/access/guessing.ts';
import { KeyedDigest } from '../../src/access/keyed-digest.ts';
import { SILENT } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import type { AuthSettings } from '../../src/model/access.ts';
import { TriliteError } from '../../src/model/errors.ts';

const RIGHTS = { scopes: ['read'], tenants: undefined } as const;
const SETTINGS: AuthSettings = {
  users: [],
  tokens: [
    { name: 'one', token: { value: 'first' }, ...RIGHTS },
    { name: 'two', token: { value: 'second' }, ...RIGHTS },
  ],
  certificates: [],
  anonymous: ['read'],
  wrongAttemptsPerMinute: 3,
};

const parts = { telemetry: new Telemetry(), log: SILENT, environment: () => undefined };

async function ask(gate: Gate, address: string, token?: string): Promise<string> {
  try {
    await gate.admit({
      demand: { right: 'read', tenants: 'none' },
      authorization: token === undefined ? undefined : `Bearer ${token}`,
      tenantHeader: undefined,
      certificateNames: () => [],
      isCrossSite: () => false,
      isUpgrade: false,
      peer: address,
      address,
      method: 'GET',
      path: '/',
    });
    return 'in';
  } catch (error) {
    return (error as TriliteError).kind;
  }
}

test('an address that tries waits, whatever it tries next; others do not', async () => {
  const gate = await Gate.of(SETTINGS, parts);
  for (let i = 0; i < 3; i++) assert.equal(await ask(gate, '192.0.2.1', `guess${i}`), 'unauthorized');
  assert.equal(await ask(gate, '192.0.2.1', 'guess'), 'rate_limited');
  assert.equal(
    await ask(gate, '192.0.2.1', 'first'),
    'rate_limited',
    'a good guess is not told from a bad one',
  );
  assert.equal(await ask(gate, '192.0.2.1'), 'in', 'without credentials nothing is guessed');
  assert.equal(await ask(gate, '192.0.2.2', 'first'), 'in');
  // An IPv6 network is one address.
  for (let i = 0; i < 3; i++) await ask(gate, `2001:db8::${i}`, 'guess');
  assert.equal(await ask(gate, '2001:db8::ffff', 'first'), 'rate_limited');
  assert.equal(await ask(gate, '2001:db8:0:1::1', 'first'), 'in');
});

test('what was good from an address goes on being so', async () => {
  const gate = await Gate.of(SETTINGS, parts);
  assert.equal(await ask(gate, '192.0.2.1', 'first'), 'in');
  for (let i = 0; i < 4; i++) await ask(gate, '192.0.2.1', 'old');
  assert.equal(await ask(gate, '192.0.2.1', 'first'), 'in');
  assert.equal(await ask(gate, '192.0.2.1', 'second'), 'rate_limited');
});

test('the wait ends', () => {
  let now = 0;
  const guessing = new Guessing(new KeyedDigest(), () => now, 3);
  for (let i = 0; i < 3; i++) guessing.wrong('a');
  assert.throws(
    () => guessing.check('a', 'x'),
    (error) => error instanceof TriliteError && /too many wrong credentials/.test(error.message),
  );
  now = 20_000;
  guessing.check('a', 'x');
});

test('with 0 nobody waits', async () => {
  const gate = await Gate.of({ ...SETTINGS, wrongAttemptsPerMinute: 0 }, parts);
  for (let i = 0; i < 50; i++) assert.equal(await ask(gate, '192.0.2.1', 'guess'), 'unauthorized');
});

test('requests of a credential are counted by its name, those without by none', async () => {
  const counted: string[] = [];
  const pace = {
    ofCredential: (scope: string, name: string) => {
      counted.push(`${scope} ${name}`);
      if (name === 'two') throw new TriliteError('rate_limited', 'slower');
    },
  };
  const gate = await Gate.of(SETTINGS, { ...parts, pace });
  assert.equal(await ask(gate, 'a', 'first'), 'in');
  assert.equal(await ask(gate, 'a'), 'in');
  assert.equal(await ask(gate, 'a', 'second'), 'rate_limited');
  assert.deepEqual(counted, ['read one', 'read ', 'read two']);
});
