/** Web configurations beside the recorded verdicts of Prometheus 3.14, and beside the promtool that is here. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { checkWebConfigs } from '../../src/cli/check-web-config.ts';
import { parseCommandLine } from '../../src/config/flags.ts';
import { readWebConfigFile } from '../../src/config/web-config-file.ts';
import { loadConfig } from '../../src/config.ts';
import { Authority } from '../support/certificates.ts';
import { skipUnless } from '../support/program.ts';
import { PROMTOOL, PROMTOOL_MISSING, promtoolIsSince } from '../support/promtool.ts';
import { WEB_CONFIG_CASES } from './web-config-cases.ts';

let authority: Authority;

before(() => {
  authority = new Authority();
  authority.issue('server', { names: 'IP:127.0.0.1' });
  authority.issue('other');
  authority.issue('expired', { days: -1 });
  mkdirSync(join(authority.folder, 'deeper'));
});
after(() => authority.remove());

function written(text: string, name = 'web.yml'): string {
  const file = join(authority.folder, name);
  writeFileSync(file, text);
  return file;
}

async function verdict(text: string): Promise<{ readonly code: number; readonly said: string }> {
  const said: string[] = [];
  const output = { out: (line: string) => said.push(line), err: (line: string) => said.push(line) };
  const code = await checkWebConfigs([written(text)], output);
  return { code, said: said.join('\n') };
}

describe('a web configuration', () => {
  for (const { text, refusal, isStricter } of WEB_CONFIG_CASES) {
    test(`is ${refusal === undefined && !isStricter ? 'taken' : 'refused'}: ${text}`, async () => {
      const { code, said } = await verdict(text);
      const isTaken = refusal === undefined && !isStricter;
      assert.equal(code, isTaken ? 0 : 1, said);
      assert.match(said, isTaken ? /web\.yml SUCCESS$/ : /web\.yml FAILED: /);
      assert.ok(said.includes(refusal ?? ''), said);
      assert.ok(!said.includes('PRIVATE KEY') && !said.includes('QOauhQNbBCuQ'), said);
    });
  }

  const old = PROMTOOL !== undefined && !promtoolIsSince([3, 0]);
  test('is judged as by promtool', {
    skip: skipUnless(PROMTOOL !== undefined, PROMTOOL_MISSING) || (old && 'the installed promtool is older'),
  }, () => {
    for (const { text, refusal } of WEB_CONFIG_CASES) {
      const { status, stderr } = spawnSync(PROMTOOL!, ['check', 'web-config', written(text)], {
        encoding: 'utf8',
      });
      assert.equal(status, refusal === undefined ? 0 : 1, `${text}: ${stderr}`);
      assert.ok(stderr.includes(refusal ?? ''), `${text}: ${stderr}`);
    }
  });

  test('says where it is wrong', async () => {
    const file = written('http_server_config:\n  headers:\n    X-Frame-Options: DENY\n');
    await assert.rejects(readWebConfigFile(file), {
      name: 'ConfigError',
      message: `${file}:3:22: http_server_config.headers.X-Frame-Options: invalid value for X-Frame-Options. Expected one of: ["deny" "sameorigin"], but got: "DENY"`,
    });
    const missing = join(authority.folder, 'none.yml');
    await assert.rejects(readWebConfigFile(missing), {
      message: `cannot read the web configuration: open ${missing}: no such file or directory`,
    });
  });
});

describe('the configuration with it', () => {
  const HASH = '$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi';
  const load = (argv: readonly string[], environment = {}) => loadConfig(parseCommandLine(argv), environment);

  test('has its TLS, headers and users, who may do everything', async () => {
    const file = written(
      `tls_server_config: {cert_file: server.crt, key_file: deeper/a.key}\nhttp_server_config: {http2: false, headers: {X-Frame-Options: deny}}\nbasic_auth_users: {alice: '${HASH}'}\n`,
    );
    const byFlag = await load(['--web.config.file', file]);
    assert.deepEqual(byFlag.tls?.cert, { file: join(authority.folder, 'server.crt') });
    assert.deepEqual(byFlag.tls?.key, { file: join(authority.folder, 'deeper/a.key') });
    assert.equal(byFlag.tls?.http2, false);
    assert.deepEqual(byFlag.webHeaders, { 'X-Frame-Options': 'deny' });
    const alice = {
      username: 'alice',
      password: { bcrypt: HASH },
      scopes: ['ingest', 'read', 'admin'],
      tenants: undefined,
    };
    assert.deepEqual(byFlag.auth, { users: [alice], tokens: [], certificates: [], anonymous: [] });
    const byVariable = await load([], { TRILITE_WEB_CONFIG_FILE: file });
    const main = written(
      'trilite: {web: {config_file: web.yml}, tls: {plain: [127.0.0.1:9090]}}\n',
      'main.yml',
    );
    const byFile = await load(['--config', main]);
    for (const [config, plain] of [
      [byVariable, []],
      [byFile, [{ host: '127.0.0.1', port: 9090 }]],
    ] as const) {
      assert.deepEqual(config.tls, { ...byFlag.tls, plain });
      assert.deepEqual([config.webHeaders, config.auth], [byFlag.webHeaders, byFlag.auth]);
    }
  });

  test('leaves everything open where it names no users and no certificate', async () => {
    const { tls, auth, webHeaders } = await load(['--web.config.file', written('')]);
    assert.deepEqual([tls, auth, webHeaders], [undefined, undefined, {}]);
  });

  test('cannot have TLS said twice', async () => {
    const file = written('tls_server_config: {cert_file: server.crt, key_file: server.key}\n');
    const main = written('trilite: {tls: {cert_file: a, key_file: b}}\n', 'main.yml');
    await assert.rejects(load(['--config', main, '--web.config.file', file]), {
      name: 'ConfigError',
      message: `${file} and "trilite.tls" of ${main} cannot both say what TLS is like`,
    });
  });
});
