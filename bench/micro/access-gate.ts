/**
 * What the gate costs a request, in microseconds of processor time: open, and with each kind of credentials. A diagnostic: it
 * prints, it asserts nothing.
 *
 *     node bench/micro/access-gate.ts [requests = 200000]
 */

import bcrypt from 'bcryptjs';
import { type Attempt, Gate } from '../../src/access/gate.ts';
import { SILENT } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import type { AuthSettings } from '../../src/model/access.ts';

const REQUESTS = Number(process.argv[2] ?? 200_000);
const rights = { scopes: ['ingest'] as const, tenants: undefined };
const SETTINGS: AuthSettings = {
  users: [
    { username: 'plain', password: { value: 'secret' }, ...rights },
    { username: 'hashed', password: { bcrypt: bcrypt.hashSync('secret', 10) }, ...rights },
  ],
  tokens: Array.from({ length: 10 }, (_, i) => ({
    name: `t${i}`,
    token: { value: `token-${i}` },
    ...rights,
  })),
  certificates: [],
  anonymous: [],
};

function attempt(authorization: string | undefined): Attempt {
  return {
    demand: { right: 'ingest', tenants: 'all' },
    authorization,
    tenantHeader: undefined,
    certificateNames: () => [],
    isCrossSite: () => false,
    isUpgrade: false,
    peer: '192.0.2.1',
    address: '192.0.2.1',
    method: 'POST',
    path: '/api/v1/write',
  };
}

const parts = { telemetry: new Telemetry(), log: SILENT, environment: () => undefined };
const open = await Gate.of(undefined, parts);
const shut = await Gate.of(SETTINGS, parts);

async function measure(what: string, gate: Gate, authorization: string | undefined): Promise<void> {
  // The first is compared with its hash; later ones are remembered.
  for (let i = 0; i < 10_000; i++) await gate.admit(attempt(authorization));
  const asked = attempt(authorization);
  const before = process.cpuUsage();
  for (let i = 0; i < REQUESTS; i++) {
    const admission = gate.admit(asked);
    if (admission instanceof Promise) await admission;
  }
  const { user, system } = process.cpuUsage(before);
  console.log(`${what.padEnd(32)} ${((user + system) / REQUESTS).toFixed(2)} µs`);
}

const basic = (name: string) => `Basic ${btoa(`${name}:secret`)}`;
await measure('no settings of access', open, undefined);
await measure('a password', shut, basic('plain'));
await measure('a password known by its hash', shut, basic('hashed'));
await measure('one of ten tokens', shut, 'Bearer token-7');
shut.close();
