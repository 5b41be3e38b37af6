/** Which requests go through a proxy: the rules of NO_PROXY, and of the variables. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyChoice } from '../../src/base/proxy-choice.ts';

const PROXY = 'http://proxy:3128';

function goesThrough(noProxy: string, url: string): boolean {
  return proxyChoice({ url: PROXY, noProxy, connectHeaders: {} })(new URL(url)) !== undefined;
}

test('a proxy alone is for everything, this machine too', () => {
  for (const url of ['http://localhost/', 'http://127.0.0.1:9090/', 'https://a.example/']) {
    assert.ok(goesThrough('', url), url);
  }
  assert.equal(proxyChoice(undefined)(new URL('http://a/')), undefined);
});

// As golang.org/x/net/http/httpproxy decides them.
const rows: readonly (readonly [noProxy: string, url: string, through: boolean])[] = [
  ['x', 'http://localhost:9090/', false],
  ['x', 'http://127.3.4.5/', false],
  ['x', 'http://[::1]:80/', false],
  ['x', 'http://localhost.example/', true],
  ['*', 'http://anything/', false],
  ['a, *', 'http://anything/', false],
  ['example.com', 'http://example.com/', false],
  ['example.com', 'http://a.b.example.com:81/', false],
  ['example.com', 'http://notexample.com/', true],
  ['EXAMPLE.com', 'http://Example.COM/', false],
  ['.example.com', 'http://example.com/', true],
  ['.example.com', 'http://a.example.com/', false],
  ['*.example.com', 'http://example.com/', true],
  ['*.example.com', 'http://a.example.com/', false],
  ['example.com:8080', 'http://example.com/', true],
  ['example.com:8080', 'http://a.example.com:8080/', false],
  ['example.com:80', 'http://example.com/', false],
  ['example.com:443', 'https://example.com/', false],
  [' a.example , b.example ', 'http://b.example/', false],
  [',,:80,', 'http://b.example/', true],
  ['10.0.0.0/8', 'http://10.9.8.7/', false],
  ['10.0.0.0/8', 'http://11.9.8.7/', true],
  ['10.0.0.0/8', 'http://10.example/', true],
  ['10.1.2.3', 'http://10.1.2.3:99/', false],
  ['10.1.2.3:98', 'http://10.1.2.3:99/', true],
  ['10.1.2.3:99', 'http://10.1.2.3:99/', false],
  ['10.1.2', 'http://10.1.2.3/', true],
  ['10.0.0.0/99', 'http://10.1.2.3/', true],
  ['2001:db8::/32', 'http://[2001:db8:1::1]/', false],
  ['2001:db8::1', 'http://[2001:db8::1]:81/', false],
  ['[2001:db8::1]:80', 'http://[2001:db8::1]/', false],
  ['[2001:db8::1]:81', 'http://[2001:db8::1]/', true],
  ['::/0', 'http://10.1.2.3/', true],
  ['::ffff:10.0.0.0/104', 'http://10.1.2.3/', false],
  ['10.1.2.3', 'http://[::ffff:10.1.2.3]/', false],
  ['example.com/', 'http://example.com/', true],
  ['bücher.example', 'http://xn--bcher-kva.example/', false],
];

for (const [noProxy, url, through] of rows) {
  test(`no_proxy ${noProxy}: ${url} ${through ? 'through' : 'directly'}`, () => {
    assert.equal(goesThrough(noProxy, url), through);
  });
}

test('variables name a proxy for each scheme, a URL or a host', () => {
  const environment = { http: 'plain:1', https: 'https://u:p@secure:2', noProxy: 'out.example' };
  const choice = proxyChoice({ noProxy: '', environment, connectHeaders: {} });
  assert.equal(choice(new URL('http://a.example/'))?.href, 'http://plain:1/');
  assert.equal(choice(new URL('https://a.example/'))?.href, 'https://u:p@secure:2/');
  assert.equal(choice(new URL('https://out.example/')), undefined);
  assert.equal(choice(new URL('http://localhost/')), undefined);
  const none = proxyChoice({
    noProxy: '',
    environment: { http: '', https: '', noProxy: '' },
    connectHeaders: {},
  });
  assert.equal(none(new URL('http://a.example/')), undefined);
});
