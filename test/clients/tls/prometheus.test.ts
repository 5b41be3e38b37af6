/**
 * A real Prometheus and Trilite with the same web configuration let in the same clients; and one scrapes the other and
 * remote-writes to it, both with certificates of their own.
 */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CLIENT_AUTH_TYPES } from '../../../src/base/server-tls.ts';
import { Authority, type Pair } from '../../support/certificates.ts';
import { freePort } from '../../support/free-port.ts';
import { promInstant } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { type RunningProgram, runProgram, skipUnless, startProgram } from '../../support/program.ts';
import { PROMTOOL, PROMTOOL_MISSING, promtoolIsSince } from '../../support/promtool.ts';
import { LET_IN, SHOWN, type Shown } from '../../support/shown-certificates.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import { isLetIn } from '../../support/tls-client.ts';
import {
  PROMETHEUS,
  PROMETHEUS_MISSING,
  prometheusVersion,
  runPrometheus,
} from '../prometheus/run-prometheus.ts';
import { type MutualTls, serverWithTls } from './server-with-tls.ts';

/** The first versions know no `client_allowed_sans`. */
const ALLOWED_NAMES_SINCE = 3;

const SKIP = { skip: skipUnless(PROMETHEUS !== undefined, PROMETHEUS_MISSING), timeout: 110_000 };

describe('with the same web configuration', SKIP, () => {
  let authority: Authority;
  let stranger: Authority;
  let shown: Readonly<Record<Shown, Pair | undefined>>;
  let file: string;
  let original: RunningProgram;
  let own: TemporaryServer;
  let ports: Readonly<Record<'prometheus' | 'trilite', number>>;

  before(async () => {
    authority = new Authority('ours');
    stranger = new Authority('theirs');
    authority.issue('server', { names: 'IP:127.0.0.1' });
    shown = {
      none: undefined,
      'of another authority': stranger.issue('client', { names: 'DNS:client' }),
      expired: authority.issue('expired', { names: 'DNS:client', days: -1 }),
      right: authority.issue('client', {
        names: 'DNS:client,IP:2001:db8::1,URI:spiffe://a/b,email:a@example.com',
      }),
    };
    file = path.join(authority.folder, 'web.yml');
    rule('NoClientCert');
    own = await temporaryServer('scrape_configs: []\n', ['--web.config.file', file]);
    const port = await freePort();
    const config = path.join(own.dir, 'prometheus.yml');
    writeFileSync(config, '');
    original = startProgram(PROMETHEUS!, [
      `--config.file=${config}`,
      `--storage.tsdb.path=${path.join(own.dir, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--web.config.file=${file}`,
    ]);
    ports = { prometheus: port, trilite: Number(new URL(own.server.base).port) };
    await eventually(async () =>
      assert.ok(await attempt('prometheus', 'none', 'TLSv1.3'), original.output()),
    );
  });
  after(async () => {
    await original?.stop('SIGKILL');
    await own?.dispose();
    authority?.remove();
    stranger?.remove();
  });

  function rule(type: string, more = ''): void {
    const ca = type === 'NoClientCert' ? '' : ', client_ca_file: ca.crt';
    const tls = `{cert_file: server.crt, key_file: server.key, client_auth_type: ${type}${ca}${more}}`;
    writeFileSync(file, `tls_server_config: ${tls}\n`);
  }
  const attempt = (who: keyof typeof ports, kind: Shown, version: 'TLSv1.2' | 'TLSv1.3') =>
    isLetIn({ port: ports[who], protocol: 'http/1.1', version, ca: authority.pair.cert, pair: shown[kind] });
  const verdicts = async (who: keyof typeof ports) => {
    const found: string[] = [];
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      for (const kind of SHOWN) if (await attempt(who, kind, version)) found.push(`${version}, ${kind}`);
    }
    return found;
  };

  for (const type of CLIENT_AUTH_TYPES) {
    test(`the same clients are let in under ${type}`, async () => {
      rule(type);
      const expected = ['TLSv1.2', 'TLSv1.3'].flatMap((version) =>
        LET_IN[type].map((kind) => `${version}, ${kind}`),
      );
      assert.deepEqual(await verdicts('prometheus'), expected);
      await eventually(async () => assert.deepEqual(await verdicts('trilite'), expected));
    });
  }

  const knowsNames = PROMETHEUS !== undefined && prometheusVersion() >= ALLOWED_NAMES_SINCE;
  test('the same names are allowed', { skip: !knowsNames && 'this Prometheus knows none' }, async () => {
    for (const [name, isAllowed] of [
      ['client', true],
      ['2001:db8::1', true],
      ['spiffe://a/b', true],
      ['a@example.com', true],
      ['Client', false],
      ['2001:DB8::1', false],
    ] as const) {
      rule('RequireAndVerifyClientCert', `, client_allowed_sans: ['${name}']`);
      const expected = isAllowed ? ['TLSv1.2, right', 'TLSv1.3, right'] : [];
      assert.deepEqual(await verdicts('prometheus'), expected, name);
      await eventually(async () => assert.deepEqual(await verdicts('trilite'), expected, name));
    }
  });
});

describe('with certificates of their own', SKIP, () => {
  let own: MutualTls;
  let tlsConfig: object;
  before(async () => {
    own = await serverWithTls(true);
    const { certFile, keyFile } = own.client;
    tlsConfig = { ca_file: own.authority.pair.certFile, cert_file: certFile, key_file: keyFile };
  });
  after(() => own?.dispose());

  test('Prometheus scrapes and remote-writes', async () => {
    const { host } = new URL(own.secure);
    const job = { scrape_interval: '500ms', scrape_timeout: '500ms', scheme: 'https' };
    const targets = [{ targets: [host] }];
    const config = {
      scrape_configs: [
        { job_name: 'with', ...job, static_configs: targets, tls_config: tlsConfig },
        {
          job_name: 'without',
          ...job,
          static_configs: targets,
          tls_config: { ca_file: own.authority.pair.certFile },
        },
      ],
      remote_write: [
        {
          url: `${own.secure}/api/v1/write`,
          tls_config: tlsConfig,
          queue_config: { batch_send_deadline: '200ms' },
        },
      ],
    };
    const port = await freePort();
    const prometheus = await runPrometheus({ dir: own.dir, port, config: JSON.stringify(config), flags: [] });
    try {
      await eventually(async () => {
        const up = await promInstant(own.plain, 'up');
        const byJob = Object.fromEntries(up.map(({ metric, value }) => [metric.job, value![1]]));
        assert.deepEqual(byJob, { with: '1', without: '0' });
      });
      const [count] = await promInstant(own.plain, 'trilite_tls_certificate_reload_failed{job="with"}');
      assert.equal(count!.value![1], '0');
    } finally {
      await prometheus.program.stop('SIGKILL');
    }
  });

  const missing = skipUnless(PROMTOOL !== undefined, PROMTOOL_MISSING);
  const skip = missing || (!promtoolIsSince([3, 0]) && 'the installed promtool is older');
  test('promtool finds it healthy', { skip }, async () => {
    const file = path.join(own.dir, 'client.yml');
    writeFileSync(file, JSON.stringify({ tls_config: tlsConfig }));
    for (const what of ['healthy', 'ready']) {
      await runProgram(PROMTOOL!, ['check', what, `--url=${own.secure}`, `--http.config.file=${file}`]);
      await assert.rejects(runProgram(PROMTOOL!, ['check', what, `--url=${own.secure}`]));
    }
  });
});
