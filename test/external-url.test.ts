/** Where users reach the server, as it is said and as it is guessed. */

import assert from 'node:assert/strict';
import os from 'node:os';
import { describe, it } from 'node:test';
import { DEFAULT_CONFIG } from '../src/config/settings.ts';
import { parseExternalUrl } from '../src/config/values.ts';
import { externalUrl, globalUrl } from '../src/external-url.ts';
import { tlsSettings } from './support/tls-settings.ts';

const LISTENING = [{ host: '127.0.0.1', port: 9090 }];

describe('the external URL', () => {
  it('has no slash at its end', () => {
    assert.equal(parseExternalUrl('http://p.example:9090/'), 'http://p.example:9090');
    assert.equal(parseExternalUrl('https://p.example/a/b//'), 'https://p.example/a/b');
    assert.equal(parseExternalUrl('/prometheus/'), '/prometheus');
  });

  it('is refused where it is none', () => {
    for (const text of ['', '"http://x"', 'p.example', 'ftp://x', 'http:///x']) {
      assert.throws(() => parseExternalUrl(text), { name: 'ConfigError' }, text);
    }
  });

  it("is the machine's name and the first port where nobody says it", () => {
    assert.equal(externalUrl(DEFAULT_CONFIG, [{ host: '::1', port: 1234 }]), `http://${os.hostname()}:1234`);
    assert.equal(externalUrl(DEFAULT_CONFIG, []), `http://${os.hostname()}:9090`);
    assert.equal(externalUrl({ ...DEFAULT_CONFIG, externalUrl: 'http://x' }, LISTENING), 'http://x');
  });

  it('is of https where the first port speaks TLS', () => {
    const tls = tlsSettings({ cert: '', key: '', certFile: 'a', keyFile: 'b' });
    assert.equal(externalUrl({ ...DEFAULT_CONFIG, tls }, []), `https://${os.hostname()}:9090`);
    const plain = { ...tls, plain: DEFAULT_CONFIG.http.slice(0, 1) };
    assert.equal(externalUrl({ ...DEFAULT_CONFIG, tls: plain }, []), `http://${os.hostname()}:9090`);
  });
});

describe("a target's URL for others", () => {
  const global = (target: string) => globalUrl(target, 'https://p.example/prefix', LISTENING);

  it('has the external host where the target is on this machine', () => {
    assert.equal(global('http://127.0.0.1:9100/metrics?a=%20'), 'http://p.example:9100/metrics?a=%20');
    assert.equal(global('http://[::1]:9100/metrics'), 'http://p.example:9100/metrics');
    assert.equal(global('http://localhost:9090/metrics'), 'https://p.example/metrics', 'this very server');
    assert.equal(global('https://localhost:443/'), 'https://p.example:443/', 'a port that need not be said');
  });

  it('stays where it is elsewhere, or has no port', () => {
    for (const url of ['http://10.0.0.1:9100/metrics', 'http://[fe80::1]:9090/', 'http://localhost/metrics'])
      assert.equal(global(url), url);
  });
});
