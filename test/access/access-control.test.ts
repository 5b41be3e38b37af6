/** Whom the gate lets in, against a model of a few lines, over random settings and attempts; and what its parts do. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readAuthorization } from '../../src/access/credential-header.ts';
import { type Attempt, type Demand, Gate } from '../../src/access/gate.ts';
import { isSameDigest, KeyedDigest } from '../../src/access/keyed-digest.ts';
import { KEPT_MAX, VerifiedPairs } from '../../src/access/verified-pairs.ts';
import { createLogger } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import { type AuthSettings, SCOPES, type Scope } from '../../src/model/access.ts';
import { TriliteError } from '../../src/model/errors.ts';
import { basic } from '../support/guarded-server.ts';

const NAMES = ['a', 'b', 'c', 'd'] as const;
const TENANTS = ['fake', 'team-a', 'team-b'] as const;

interface Case {
  readonly users: readonly Rights[];
  readonly tokens: readonly Rights[];
  readonly certificates: readonly Rights[];
  readonly anonymous: readonly Scope[];
  readonly presents: {
    readonly as: 'basic' | 'bearer' | 'certificate' | 'nothing';
    readonly name: string;
    readonly isRight: boolean;
  };
  readonly demand: Demand;
  readonly header: readonly string[];
  readonly crossSite: boolean;
  readonly isUpgrade: boolean;
}

interface Rights {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly tenants: readonly string[] | undefined;
}

const rights = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom(...NAMES),
    scopes: fc.subarray([...SCOPES], { minLength: 1 }),
    tenants: fc.option(fc.subarray([...TENANTS], { minLength: 1 }), { nil: undefined }),
  }),
  { selector: ({ name }) => name },
);

const cases: fc.Arbitrary<Case> = fc.record({
  users: rights,
  tokens: rights,
  certificates: rights,
  anonymous: fc.subarray([...SCOPES]),
  presents: fc.record({
    as: fc.constantFrom('basic', 'bearer', 'certificate', 'nothing'),
    name: fc.constantFrom(...NAMES),
    isRight: fc.boolean(),
  }),
  demand: fc.record({
    right: fc.constantFrom('ingest', 'read', 'admin', 'known', 'open'),
    tenants: fc.constantFrom('named', 'all', 'none'),
  }),
  header: fc.subarray([...TENANTS, 'other']),
  crossSite: fc.boolean(),
  isUpgrade: fc.boolean(),
});

/** What the settings of access mean, in as few words as it takes. */
function model(c: Case): string {
  if (c.demand.right === 'open') return 'in';
  const { as, name, isRight } = c.presents;
  const among = { basic: c.users, bearer: c.tokens, certificate: c.certificates, nothing: [] }[as];
  let caller: Omit<Rights, 'name'> | undefined = among.find((r) => r.name === name && isRight);
  const saysNothing = as === 'nothing' || as === 'certificate';
  if (!caller && saysNothing && c.anonymous.length > 0) caller = { scopes: c.anonymous, tenants: undefined };
  if (!caller) return 'unauthorized';
  const { right, tenants } = c.demand;
  if (right !== 'known' && !caller.scopes.includes(right)) return 'forbidden';
  const isAmbient = (as === 'basic' || as === 'certificate') && among.some((r) => r === caller);
  if (isAmbient && c.crossSite && (right === 'ingest' || right === 'admin' || c.isUpgrade))
    return 'forbidden';
  const his = caller.tenants;
  if (his === undefined || tenants === 'none') return 'in';
  if (tenants === 'all') return 'forbidden';
  if (c.header.length > 0) return c.header.every((t) => his.includes(t)) ? 'in' : 'forbidden';
  if (his.length === 1) return `in as ${his[0]}`;
  return his.includes('fake') ? 'in as fake' : 'forbidden';
}

function settingsOf(c: Case): AuthSettings {
  return {
    users: c.users.map(({ name, ...r }) => ({ username: name, password: { value: `pw-${name}` }, ...r })),
    tokens: c.tokens.map(({ name, ...r }) => ({ name, token: { value: `tok-${name}` }, ...r })),
    certificates: c.certificates.map(({ name, ...r }) => ({ subject: name, ...r })),
    anonymous: c.anonymous,
  };
}

function attemptOf(c: Case): Attempt {
  const { as, name, isRight } = c.presents;
  const authorization = {
    basic: basic(name, isRight ? `pw-${name}` : `tok-${name}`),
    bearer: `Bearer ${isRight ? 'tok' : 'pw'}-${name}`,
    certificate: undefined,
    nothing: undefined,
  }[as];
  return attempt({
    demand: c.demand,
    authorization,
    tenantHeader: c.header.length > 0 ? c.header.join('|') : undefined,
    certificateNames: () => (as === 'certificate' && isRight ? ['unknown', name] : []),
    isCrossSite: () => c.crossSite,
    isUpgrade: c.isUpgrade,
  });
}

function attempt(changes: Partial<Attempt>): Attempt {
  return {
    demand: { right: 'read', tenants: 'none' },
    authorization: undefined,
    tenantHeader: undefined,
    certificateNames: () => [],
    isCrossSite: () => false,
    isUpgrade: false,
    peer: '192.0.2.1',
    address: '192.0.2.1',
    method: 'GET',
    path: '/x',
    ...changes,
  };
}

const lines: string[] = [];
const parts = {
  telemetry: new Telemetry(),
  log: createLogger('debug', (line) => lines.push(line)),
  environment: () => undefined,
};

async function verdict(gate: Gate, asked: Attempt): Promise<string> {
  try {
    const admission = await gate.admit(asked);
    return admission?.tenantHeader === undefined ? 'in' : `in as ${admission.tenantHeader}`;
  } catch (error) {
    if (error instanceof TriliteError) return error.kind;
    throw error;
  }
}

describe('the gate', () => {
  test('lets in whom the model does', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        const gate = await Gate.of(settingsOf(c), parts);
        const expected = model(c);
        seen.add(expected);
        assert.equal(await verdict(gate, attemptOf(c)), expected);
        gate.close();
      }),
      { numRuns: 3000 },
    );
    assert.deepEqual([...seen].sort(), [
      'forbidden',
      'in',
      'in as fake',
      'in as team-a',
      'in as team-b',
      'unauthorized',
    ]);
  });

  test('is open without settings', async () => {
    const gate = await Gate.of(undefined, parts);
    assert.equal(gate.isOpen, true);
    assert.equal(gate.admit(attempt({ demand: { right: 'admin', tenants: 'all' } })), undefined);
  });

  test('is shut and opened by other settings', async () => {
    const gate = await Gate.of(undefined, parts);
    const shut: AuthSettings = { users: [], tokens: [], certificates: [], anonymous: [] };
    const take = await gate.prepare(shut);
    assert.equal(gate.isOpen, true);
    take();
    assert.equal(await verdict(gate, attempt({})), 'unauthorized');
    (await gate.prepare(undefined))();
    assert.equal(await verdict(gate, attempt({})), 'in');
  });

  test('refuses a header of tenants that is none', async () => {
    const tokens = [{ name: 'a', token: { value: 'a' }, scopes: SCOPES, tenants: ['team-a'] }];
    const gate = await Gate.of({ users: [], tokens, certificates: [], anonymous: [] }, parts);
    const demand = { right: 'read', tenants: 'named' } as const;
    for (const tenantHeader of ['team-a|', '|', 'team-a|..', 'team a', 'team-a, team-a']) {
      const asked = attempt({ demand, authorization: 'Bearer a', tenantHeader });
      assert.equal(await verdict(gate, asked), 'bad_data', tenantHeader);
    }
    // What stands behind the colon is no part of the tenant.
    const asked = (tenantHeader: string) => attempt({ demand, authorization: 'Bearer a', tenantHeader });
    assert.equal(await verdict(gate, asked('team-a:x')), 'in');
    assert.equal(await verdict(gate, asked('team-b:team-a')), 'forbidden');
  });

  test('never tells what was tried', () => {
    assert.ok(lines.length > 0);
    assert.doesNotMatch(lines.join(''), /pw-|tok-/);
  });
});

describe('the Authorization header', () => {
  test('is read as RFC 7617 and 6750 have it', () => {
    const of = readAuthorization;
    assert.deepEqual(of(undefined), { kind: 'none' });
    assert.deepEqual(of('Bearer a.b-c_d~+/=='), { kind: 'bearer', token: 'a.b-c_d~+/==' });
    assert.deepEqual(of('bearer x'), { kind: 'bearer', token: 'x' });
    assert.deepEqual(of(basic('user', 'p:ä')), { kind: 'basic', username: 'user', password: 'p:ä' });
    assert.deepEqual(of(basic('', '')), { kind: 'basic', username: '', password: '' });
    const none = [
      '',
      ' ',
      'Basic',
      'Basic ',
      'Basic !',
      'Bearer',
      'Bearer a b',
      'Bearer a, Bearer b',
      'Digest x',
      'x',
    ];
    for (const header of [...none, `Basic ${btoa('nocolon')}`, `Bearer ${'x'.repeat(20_000)}`]) {
      assert.deepEqual(of(header), { kind: 'malformed' }, header.slice(0, 50));
    }
  });

  test('of any text is something', () => {
    fc.assert(fc.property(fc.string(), (text) => readAuthorization(text).kind !== undefined));
  });
});

describe('digests', () => {
  test('are of all texts, apart', () => {
    const digest = new KeyedDigest();
    assert.ok(isSameDigest(digest.of('ab', 'c'), digest.of('ab', 'c')));
    assert.ok(!isSameDigest(digest.of('ab', 'c'), digest.of('a', 'bc')));
    assert.ok(!isSameDigest(digest.of('ab'), new KeyedDigest().of('ab')));
  });

  test('are kept so many at a time, and wrong ones push out no good one', () => {
    const digest = new KeyedDigest();
    const pairs = new VerifiedPairs();
    pairs.add(digest.of('good'), true);
    for (let i = 0; i <= KEPT_MAX; i++) pairs.add(digest.of(String(i)), false);
    assert.equal(pairs.get(digest.of('good')), true);
    assert.equal(pairs.get(digest.of('0')), undefined);
    assert.equal(pairs.get(digest.of('1')), false);
  });
});
