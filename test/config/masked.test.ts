/** Secrets of a configuration are not shown; everything else is, to the letter. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as yaml from 'yaml';
import { maskSecrets } from '../../src/config/masked.ts';

test('secrets are replaced wherever they stand, the rest stays', () => {
  const text = `# my targets
scrape_configs:
  - job_name: a   # of a
    basic_auth: { username: me, password: "s3cret: x" }
    static_configs: [{ targets: ['h:1'] }]
  - job_name: b
    authorization:
      credentials: t0ken
    http_headers:
      X-Key:
        values: [one, two]
    bearer_token_file: /run/token
`;
  const shown = maskSecrets(yaml, text);
  for (const secret of ['s3cret', 't0ken', 'one', 'two']) assert.ok(!shown.includes(secret), secret);
  const want = text
    .replace('"s3cret: x"', '<secret>')
    .replace('t0ken', '<secret>')
    .replace('[one, two]', '[<secret>, <secret>]');
  assert.equal(shown, want);
});

test('keys, passwords of URLs, headers and what aliases stand for are secrets too', () => {
  const text = `a:
  tls_config:
    cert: public
    key: |
      private
      key
  proxy_url: http://user:pass@word@proxy:1 # the proxy
  other: 'https://user:pass@host/'
b:
  username: &shared twice
  password: *shared
  proxy_connect_header: {X-A: [one]}
  oauth2:
    endpoint_params: {user: two}
    tls_config: {key: three}
  key: not one
`;
  const shown = maskSecrets(yaml, text);
  const want = `a:
  tls_config:
    cert: public
    key: <secret>
  proxy_url: http://user:xxxxx@proxy:1 # the proxy
  other: 'https://user:xxxxx@host/'
b:
  username: &shared <secret>
  password: *shared
  proxy_connect_header: {X-A: [<secret>]}
  oauth2:
    endpoint_params: {user: <secret>}
    tls_config: {key: <secret>}
  key: not one
`;
  assert.equal(shown, want);
});
