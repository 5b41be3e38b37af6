/** What is told of listeners that can be reached from elsewhere. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Config, DEFAULT_CONFIG } from '../src/config/settings.ts';
import { exposureOf, unknownPlain } from '../src/exposure.ts';
import { tlsSettings } from './support/tls-settings.ts';

const PAIR = { cert: '', key: '', certFile: 'a', keyFile: 'b' };
const with_ = (more: Partial<Config>): Config => ({ ...DEFAULT_CONFIG, ...more });
const mutual = tlsSettings(PAIR, { clientAuth: 'RequireAndVerifyClientCert' });
const optional = tlsSettings(PAIR, { clientAuth: 'VerifyClientCertIfGiven' });
const auth = { users: [], tokens: [], certificates: [], anonymous: [] };
const everywhere = { host: '0.0.0.0', port: 1 };
const secure = { ...everywhere, tls: true as const };

describe('a listener', () => {
  it('is told of where anybody may come in, or read along', () => {
    const [open, readable] = [/without authentication$/, /without TLS/];
    for (const [config, address, said] of [
      [with_({}), { host: '127.0.0.1', port: 1 }, undefined],
      [with_({}), everywhere, open],
      [with_({ tls: optional }), secure, open],
      [with_({ tls: mutual }), secure, undefined],
      [with_({ tls: mutual }), everywhere, open],
      [with_({ auth }), everywhere, readable],
      [with_({ auth, tls: optional }), secure, undefined],
      [with_({ auth, tls: optional }), everywhere, readable],
    ] as const) {
      const found = exposureOf(config, address);
      if (said === undefined) assert.equal(found, undefined);
      else assert.match(found!, said);
    }
  });

  it('that is to stay plain must be one', () => {
    const plain = [
      { host: '127.0.0.1', port: 9090 },
      { host: 'localhost', port: 9090 },
      { host: 'a', port: 1 },
    ];
    const config = with_({ tls: { ...mutual, plain }, zipkin: [{ host: 'a', port: 1 }] });
    assert.deepEqual(unknownPlain(config), ['localhost:9090']);
    assert.deepEqual(unknownPlain(with_({})), []);
  });
});
