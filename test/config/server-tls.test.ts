/** `trilite.tls`: what it means, what it refuses, and that a key in it is shown to nobody. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfigFile } from '../../src/config/file.ts';

const parse = (text: string, environment = {}) => parseConfigFile('/c/c.yml', text, environment);
const tlsOf = async (flow: string, environment = {}) =>
  (await parse(`trilite: {tls: {${flow}}}`, environment)).tls;
const PAIR = 'cert_file: a.crt, key_file: /k/a.key';

describe('trilite.tls', () => {
  it('has safe defaults', async () => {
    assert.deepEqual(await tlsOf(PAIR), {
      cert: { file: '/c/a.crt' },
      key: { file: '/k/a.key' },
      clientCa: undefined,
      clientAuth: 'NoClientCert',
      clientAllowedSans: undefined,
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      ciphers: undefined,
      curves: undefined,
      prefersServerCiphers: true,
      http2: true,
      plain: [],
    });
  });

  it('says everything in its own words', async () => {
    const tls = await tlsOf(
      `${PAIR}, client_ca_file: ca.crt, client_auth_type: RequireAndVerifyClientCert, client_allowed_sans: [a], min_version: TLS13, max_version: TLS13, cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256], curve_preferences: [X25519, CurveP256], prefer_server_cipher_suites: false, plain: [127.0.0.1:9090, ':80']`,
    );
    assert.deepEqual(tls, {
      cert: { file: '/c/a.crt' },
      key: { file: '/k/a.key' },
      clientCa: { file: '/c/ca.crt' },
      clientAuth: 'RequireAndVerifyClientCert',
      clientAllowedSans: ['a'],
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
      ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'],
      curves: ['X25519', 'P-256'],
      prefersServerCiphers: false,
      http2: true,
      plain: [
        { host: '127.0.0.1', port: 9090 },
        { host: '0.0.0.0', port: 80 },
      ],
    });
  });

  it('takes certificates from the environment', async () => {
    const tls = await tlsOf('cert_env: CERT, key_env: KEY', { CERT: 'c', KEY: 'k' });
    assert.deepEqual(
      [tls?.cert, tls?.key],
      [
        { value: 'c', variable: 'CERT' },
        { value: 'k', variable: 'KEY' },
      ],
    );
    await assert.rejects(tlsOf('cert_env: CERT, key_env: KEY', { CERT: 'c' }), {
      message: '/c/c.yml:1:42: trilite.tls.key_env: the variable KEY is not set',
    });
  });

  it('may say no more than which listeners stay plain', async () => {
    const config = await parse('trilite: {tls: {plain: 127.0.0.1:1}}');
    assert.deepEqual([config.tls, config.tlsPlain], [undefined, [{ host: '127.0.0.1', port: 1 }]]);
  });

  const refused: readonly (readonly [flow: string, message: RegExp])[] = [
    ['cert_file: a', /missing one of key or key_file/],
    ['key_file: a', /missing one of cert or cert_file/],
    ['min_version: TLS13', /missing one of cert or cert_file/],
    [`${PAIR}, cert: a`, /at most one of cert and cert_file may be given/],
    [`${PAIR}, client_auth_type: RequireAndVerifyClientCert`, /needs client_ca or client_ca_file/],
    [`${PAIR}, client_auth_type: VerifyClientCertIfGiven`, /needs client_ca or client_ca_file/],
    [`${PAIR}, client_ca_file: a`, /client CA's have been configured without a Client Auth Policy/],
    [`${PAIR}, client_auth_type: RequestClientCert, client_allowed_sans: [a]`, /that verifies is needed/],
    [`${PAIR}, client_auth_type: Sometimes`, /invalid ClientAuth: Sometimes/],
    [`${PAIR}, min_version: TLS9`, /unknown TLS version: TLS9/],
    [`${PAIR}, max_version: TLS11`, /max_version is below min_version/],
    [`${PAIR}, plain: [nowhere]`, /expected HOST:PORT/],
    [`${PAIR}, ca_file: a`, /unknown key "ca_file"/],
  ];
  for (const [flow, message] of refused) {
    it(`refuses ${flow}`, () => assert.rejects(tlsOf(flow), { name: 'ConfigError', message }));
  }

  it('is shown without its key', async () => {
    const text = `trilite:\n  tls:\n    cert: c\n    key: |\n      -----BEGIN PRIVATE KEY-----\n      abc\n    # after\n    min_version: TLS12\n`;
    const { fileText } = await parse(text);
    assert.equal(
      fileText,
      'trilite:\n  tls:\n    cert: c\n    key: <secret>\n    # after\n    min_version: TLS12\n',
    );
  });
});
