/** `remote_read:`: defaults, all of its keys, and the original's words for what is wrong. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfigFile } from '../../src/config/file.ts';

const read = (yaml: string) => parseConfigFile('prometheus.yml', yaml, {});

test('a URL is enough: the original’s defaults', async () => {
  const { remoteReads, warnings } = await read('remote_read: [{ url: "http://there:9090/api/v1/read" }]');
  assert.deepEqual(remoteReads, [
    {
      url: 'http://there:9090/api/v1/read',
      name: '',
      remoteTimeoutMs: 60_000,
      chunkedReadLimitBytes: 50_000_000,
      headers: {},
      readRecent: false,
      requiredMatchers: {},
      filterExternalLabels: true,
      client: { followRedirects: true, httpHeaders: {} },
    },
  ]);
  assert.deepEqual(warnings, []);
});

test('everything that can be said', async () => {
  const { remoteReads } = await read(`
remote_read:
  - url: https://there/read
    name: central
    remote_timeout: 10s
    chunked_read_limit: 1000
    headers: { X-Scope-OrgID: edge }
    read_recent: true
    required_matchers: { env: prod, ü: '1' }
    filter_external_labels: false
    basic_auth: { username: me, password: secret }
    follow_redirects: false
`);
  const [config] = remoteReads;
  assert.deepEqual(config, {
    url: 'https://there/read',
    name: 'central',
    remoteTimeoutMs: 10_000,
    chunkedReadLimitBytes: 1000,
    headers: { 'X-Scope-OrgID': 'edge' },
    readRecent: true,
    requiredMatchers: { env: 'prod', ü: '1' },
    filterExternalLabels: false,
    client: {
      basicAuth: { username: { value: 'me' }, password: { value: 'secret' } },
      followRedirects: false,
      httpHeaders: {},
    },
  });
});

const WRONG: readonly (readonly [yaml: string, message: RegExp])[] = [
  ['[{ name: a }]', /:1:15: remote_read\[0\].*: url for remote_read is empty/],
  ['[{ url: "" }]', /url for remote_read is empty/],
  ['[{ url: "there:1" }]', /"there:1" is no URL of HTTP or HTTPS/],
  [
    '[{ url: "http://a", name: n }, { url: "http://b", name: n }]',
    /:1:45: remote_read\[1\].*found multiple remote read configs with job name "n"/,
  ],
  [
    '[{ url: "http://a" }, { url: "http://a" }]',
    /duplicate remote read configs are not allowed, found duplicate for URL: http:\/\/a/,
  ],
  [
    '[{ url: "http://a", headers: { Authorization: x } }]',
    /authorization header must be changed via the basic_auth, authorization, oauth2/,
  ],
  ['[{ url: "http://a", headers: { Host: x } }]', /Host is a reserved header. It must not be changed/],
  ['[{ url: "http://a", required_matchers: { "": x } }]', /"" is not a valid label name/],
  ['[{ url: "http://a", chunked_read_limit: -1 }]', /chunked_read_limit.*expected a whole number/],
  ['[{ url: "http://a", remote_timeout: x }]', /:1:50: .*expected a duration/],
  ['[{ url: "http://a", foo: x }]', /foo/],
  ['[null]', /entry 0 is empty/],
  ['[{ url: "http://a", sigv4: {} }]', /sigv4/],
];

for (const [yaml, message] of WRONG) {
  test(`refused: ${yaml}`, async () => {
    await assert.rejects(read(`remote_read: ${yaml}`), message);
  });
}
