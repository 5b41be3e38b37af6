/** `auth` of the configuration: what it may say, what is wrong about it and where, and that no complaint shows a secret. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { parseConfigFile } from '../../src/config/file.ts';
import { loadConfig } from '../../src/config.ts';

const HASH = `$2y$05$${'x'.repeat(53)}`;

async function read(auth: string, environment = {}) {
  const text = `trilite:\n  auth:\n${auth.replace(/^/gm, '    ')}\n`;
  return parseConfigFile('/etc/trilite.yml', text, environment);
}

describe('auth', () => {
  test('is read as it is written', async () => {
    const { auth, warnings } = await read(
      `users:
  - { username: a, password: plain, scopes: [read] }
  - { username: b, password_file: b.txt, scopes: [read, read, ingest], tenants: [team-a, team-a] }
  - { username: c, password_env: SECRET, scopes: [admin] }
  - { username: d, password_hash: "${HASH}", scopes: [read] }
tokens:
  - { name: ci, token_file: /run/token, scopes: [ingest] }
certificates:
  - { subject: collector.internal, scopes: [ingest], tenants: [team-b] }
anonymous: [ingest]`,
      {},
    );
    const rights = { scopes: ['read'], tenants: undefined };
    assert.deepEqual(auth, {
      users: [
        { username: 'a', password: { value: 'plain' }, ...rights },
        { username: 'b', password: { file: '/etc/b.txt' }, scopes: ['read', 'ingest'], tenants: ['team-a'] },
        { username: 'c', password: { variable: 'SECRET' }, scopes: ['admin'], tenants: undefined },
        { username: 'd', password: { bcrypt: HASH }, ...rights },
      ],
      tokens: [{ name: 'ci', token: { file: '/run/token' }, scopes: ['ingest'], tenants: undefined }],
      certificates: [{ subject: 'collector.internal', scopes: ['ingest'], tenants: ['team-b'] }],
      anonymous: ['ingest'],
      wrongAttemptsPerMinute: undefined,
      tenantsPosition: '/etc/trilite.yml:5:85',
    });
    assert.deepEqual(warnings, [
      '/etc/trilite.yml:6:38: trilite.auth.users[2].password_env names $SECRET, which is not set: nobody gets in by it',
    ]);
  });

  test('that is empty lets nobody in', async () => {
    const { auth } = await read('{}');
    assert.deepEqual(auth, {
      ...{ users: [], tokens: [], certificates: [], anonymous: [], wrongAttemptsPerMinute: undefined },
      tenantsPosition: undefined,
    });
  });

  test('that is wrong is refused, without a secret in the words', async () => {
    const cases: readonly [auth: string, complaint: RegExp][] = [
      [
        'users: [{ username: a, scopes: [read] }]',
        /:3:13: .*users\[0\]: one of password, password_file, password_env is missing/,
      ],
      ['users: [{ password: s3cret, scopes: [read] }]', /"username" is missing/],
      ['users: [{ username: a, password: s3cret }]', /"scopes" is missing/],
      [
        'users: [{ username: a, password: s3cret, scopes: [] }]',
        /expected some of ingest, read, admin, got none/,
      ],
      [
        'users: [{ username: a, password: s3cret, scopes: [write] }]',
        /expected one of ingest, read, admin, got "write"/,
      ],
      ['users: [{ username: a, password: "", scopes: [read] }]', /password: is empty/],
      [
        'users: [{ username: "a:b", password: s3cret, scopes: [read] }]',
        /a colon cannot be part of a username/,
      ],
      [
        'users: [{ username: a, password: s3cret, password_file: x, scopes: [read] }]',
        /password_file: excludes password/,
      ],
      [
        'users: [{ username: a, password: s3cret, password_hash: x, scopes: [read] }]',
        /password_hash: excludes password/,
      ],
      ['users: [{ username: a, password_hash: s3cret, scopes: [read] }]', /password_hash: is no bcrypt hash/],
      [
        `users: [{ username: a, password_hash: "${HASH.replace('05', '20')}", scopes: [read] }]`,
        /must be from 4 to 14, and is 20/,
      ],
      [
        'users: [{ username: a, password: s3cret, scopes: [read] }, { username: a, password: s3cret, scopes: [read] }]',
        /username "a" is there twice/,
      ],
      ['users: [{ username: a, password: s3cret, scopes: [read], tenants: [] }]', /names no tenant/],
      ['users: [{ username: a, password: s3cret, scopes: [read], tenants: ["a|b"] }]', /multiple org IDs/],
      [
        'users: [{ username: a, password: s3cret, scopes: [read], tenants: ["a/b"] }]',
        /unsupported character/,
      ],
      [
        'users: [{ username: a, password: [s3cret], scopes: [read] }]',
        /password: expected a string, got a list/,
      ],
      ['users: [{ username: a, passwort: s3cret, scopes: [read] }]', /unknown key "passwort"/],
      [
        'tokens: [{ name: a, token: "s3cret s3cret", scopes: [read] }]',
        /characters that no Bearer token can have/,
      ],
      ['tokens: [{ name: a, token_hash: s3cret, scopes: [read] }]', /unknown key "token_hash"/],
      ['tokens: [{ name: a, scopes: [read] }]', /one of token, token_file, token_env is missing/],
      ['certificates: [{ scopes: [read] }]', /"subject" is missing/],
      ['anonymous: all', /expected a list, got "all"/],
    ];
    for (const [auth, complaint] of cases) {
      await assert.rejects(read(auth), (error: Error) => {
        assert.ok(error instanceof ConfigError, String(error.stack));
        assert.match(error.message, complaint);
        assert.doesNotMatch(error.message, /s3cret/, auth);
        return true;
      });
    }
  });
});

describe('tenants of credentials', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trilite-auth-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'trilite.yml');
  writeFileSync(
    file,
    'trilite:\n  auth:\n    tokens: [{ name: a, token: b, scopes: [read], tenants: [c] }]\n',
  );

  test('need tenants that are told apart', async () => {
    await assert.rejects(
      loadConfig({ command: 'serve', rest: [], configFile: file, flags: {}, warnings: [] }, {}),
      {
        message: `${file}:3:60: tenants of credentials need multi_tenancy`,
      },
    );
    const { auth } = await loadConfig(
      { command: 'serve', rest: [], configFile: file, flags: { multiTenancy: true }, warnings: [] },
      {},
    );
    assert.deepEqual(auth?.tokens[0]?.tenants, ['c']);
  });
});
