/** Who is let in: every listener, both versions, whatever certificate a client has, under each of the five rules. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SILENT } from '../../../src/base/log.ts';
import { CLIENT_AUTH_TYPES, type ClientAuthType } from '../../../src/base/server-tls.ts';
import { type Config, DEFAULT_CONFIG } from '../../../src/config/settings.ts';
import { openLocalEngine } from '../../../src/local-engine.ts';
import { type Running, start } from '../../../src/main.ts';
import { Authority, type Pair } from '../../support/certificates.ts';
import { LET_IN, SHOWN, type Shown } from '../../support/shown-certificates.ts';
import { type Attempt, isLetIn } from '../../support/tls-client.ts';
import { tlsSettings } from '../../support/tls-settings.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
let authority: Authority;
let stranger: Authority;
let server: Pair;
let shown: Readonly<Record<Shown, Pair | undefined>>;
let config: Config;
let running: Running;

before(async () => {
  authority = new Authority('ours');
  stranger = new Authority('theirs');
  server = authority.issue('server', { names: 'IP:127.0.0.1' });
  shown = {
    none: undefined,
    'of another authority': stranger.issue('client', { commonName: 'client', names: 'DNS:client' }),
    expired: authority.issue('expired', { commonName: 'client', names: 'DNS:client', days: -1 }),
    right: authority.issue('client', {
      commonName: 'client',
      names: 'DNS:client,IP:2001:db8::1,URI:spiffe://a/b,email:a@example.com',
    }),
  };
  config = withRule('NoClientCert');
  running = await start(config, { openEngine: openLocalEngine, log: SILENT, load: async () => config });
});

after(async () => {
  await running.stop();
  authority.remove();
  stranger.remove();
});

function withRule(clientAuth: ClientAuthType, clientAllowedSans?: readonly string[]): Config {
  const clientCa = { file: authority.pair.certFile };
  return {
    ...DEFAULT_CONFIG,
    dataDir: ':memory:',
    http: [ANY_PORT],
    otlpGrpc: ANY_PORT,
    jaegerHttp: ANY_PORT,
    jaeger: { all: false, thrift: [ANY_PORT], udp: undefined, grpc: [ANY_PORT] },
    zipkin: [ANY_PORT],
    selfScrape: false,
    tls: tlsSettings(server, { clientCa, clientAuth, clientAllowedSans }),
  };
}

async function rule(...args: Parameters<typeof withRule>): Promise<void> {
  config = withRule(...args);
  await running.reload('test');
}

/** Every way in: its name, port and protocol. */
function entrances(): (Pick<Attempt, 'port' | 'protocol'> & { readonly name: string })[] {
  const { http, grpc, jaeger, extra } = running;
  const [own] = http;
  return [
    { name: 'HTTP', port: own!.port, protocol: 'http/1.1' },
    { name: 'gRPC on an HTTP port', port: own!.port, protocol: 'h2' },
    { name: 'gRPC', port: grpc!.port, protocol: 'h2' },
    { name: 'Jaeger', port: jaeger!.port, protocol: 'http/1.1' },
    ...extra.map(({ scheme, address: { port } }) => ({
      name: scheme,
      port,
      protocol: scheme === 'jaeger+grpcs' ? ('h2' as const) : ('http/1.1' as const),
    })),
  ];
}

for (const type of CLIENT_AUTH_TYPES) {
  describe(type, () => {
    before(() => rule(type));
    for (const version of VERSIONS) {
      test(`lets in whom it should over ${version}`, async () => {
        assert.equal(entrances().length, 7);
        for (const { name, port, protocol } of entrances()) {
          for (const kind of SHOWN) {
            const attempt = { port, protocol, version, ca: authority.pair.cert, pair: shown[kind] };
            assert.equal(await isLetIn(attempt), LET_IN[type].includes(kind), `${name}, ${kind}`);
          }
        }
      });
    }
  });
}

describe('allowed names', () => {
  const tried = async (kind: Shown, names: readonly string[], type: ClientAuthType) => {
    await rule(type, names);
    const { port } = running.http[0]!;
    return isLetIn({ port, protocol: 'http/1.1', ca: authority.pair.cert, pair: shown[kind] });
  };

  test('are those that the certificate has, exactly', async () => {
    const verify = 'RequireAndVerifyClientCert';
    for (const name of ['client', '2001:db8::1', 'spiffe://a/b', 'a@example.com']) {
      assert.equal(await tried('right', ['other', name], verify), true, name);
    }
    for (const name of ['clien', 'Client', '*', 'DNS:client', '2001:DB8:0:0:0:0:0:1', 'spiffe://a', '']) {
      assert.equal(await tried('right', [name], verify), false, name);
    }
    assert.equal(await tried('right', [], verify), false, 'none is allowed');
  });

  test('let nobody in who has no certificate, or not a good one', async () => {
    for (const type of [
      'VerifyClientCertIfGiven',
      'RequireAndVerifyClientCert',
      'RequestClientCert',
    ] as const) {
      assert.equal(await tried('none', ['client'], type), false, type);
    }
    assert.equal(await tried('of another authority', ['client'], 'RequireAndVerifyClientCert'), false);
    assert.equal(await tried('none', ['client'], 'NoClientCert'), true);
  });
});
