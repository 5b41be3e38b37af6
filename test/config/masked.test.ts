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

test('of a URL only the password is replaced', () => {
  const text = `remote_write:
  - url: https://me:s3cret@there:9090/write
  - url: "http://me:s3cret@there/"
  - url: https://there:9090/a@b
  - url: https://me@there
`;
  assert.equal(maskSecrets(yaml, text), text.replaceAll('s3cret', '<secret>'));
});
