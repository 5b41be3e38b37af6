/**
 * HTTP client blocks: which are taken and which are refused, beside the recorded verdicts of Prometheus 3.14 on the same ones.
 * `TRILITE_TEST_PROMTOOL` names a promtool that the recording is checked against.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import * as yaml from 'yaml';
import type { HttpClientConfig } from '../../src/base/http-client.ts';
import { parseConfigFile } from '../../src/config/file.ts';
import { scrapeConfigYaml } from '../../src/config/scrape-config-yaml.ts';

interface Verdict {
  readonly block: string;
  /** Undefined: it is taken. */
  readonly refusal: string | null;
  /** Taken by the original, which then fails each scrape, or has no job of it; refused here. */
  readonly stricter?: boolean;
}

const verdicts = JSON.parse(
  readFileSync(new URL('http-client-verdicts.json', import.meta.url), 'utf8'),
) as Verdict[];

/** A job with the block: in flow style where it is in braces. */
function withBlock(block: string): string {
  if (block === '{}') return 'scrape_configs:\n- job_name: a\n';
  if (block.startsWith('{')) return `scrape_configs:\n- {job_name: a, ${block.slice(1)}\n`;
  return `scrape_configs:\n- job_name: a\n  ${block}\n`;
}

const parse = (text: string, environment: Record<string, string> = {}) =>
  parseConfigFile('/c/c.yml', text, environment);

async function clientOf(block: string, environment = {}): Promise<HttpClientConfig> {
  return (await parse(withBlock(block), environment)).scrapeConfigs[0]!.client;
}

describe('beside Prometheus', () => {
  for (const { block, refusal, stricter } of verdicts) {
    it(block, async () => {
      const config = parse(withBlock(block));
      if (refusal === null && !stricter) return void (await config);
      // What a YAML parser or a URL parser says is its own.
      const words = refusal === null || /^yaml: |^parse /.test(refusal) ? '' : refusal;
      const message = await config.then(
        () => assert.fail('taken'),
        (error: Error) => error.message,
      );
      assert.match(message, /^\/c\/c\.yml:[23]:\d+: /);
      assert.ok(message.includes(words), message);
    });
  }

  const promtool = process.env.TRILITE_TEST_PROMTOOL;
  const skip = promtool
    ? false
    : 'promtool of Prometheus 3.14 is not there: name it in TRILITE_TEST_PROMTOOL';
  it('the recording is what promtool says', { skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'trilite-verdicts-'));
    const file = join(folder, 'c.yml');
    try {
      for (const { block, refusal } of verdicts) {
        writeFileSync(file, withBlock(block));
        const { status, stderr } = spawnSync(promtool!, ['check', 'config', '--syntax-only', file], {
          encoding: 'utf8',
        });
        assert.equal(status === 0, refusal === null, `${block}: ${stderr}`);
        const words = stderr.split('\n').map((line) => line.trim());
        if (refusal !== null) assert.ok(words.join(' ').includes(refusal.trim()), `${block}: ${stderr}`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('a block', () => {
  it('is read whole, its paths relative to the file', async () => {
    const client = await clientOf(
      `{http_headers: {X-A: {values: [a], secrets: [b], files: [c, /d]}, X-B: {secrets: [e]}},
        oauth2: {client_id: i, client_secret_file: s, token_url: 'https://t/', scopes: [x], endpoint_params: {p: q},
          tls_config: {ca_file: ca}, proxy_url: 'http://p'},
        proxy_url: 'http://u:p@q:1', no_proxy: 'x,y', proxy_connect_header: {H: [1, 2]}}`,
    );
    assert.deepEqual(client, {
      httpHeaders: { 'X-A': ['a'] },
      secretHeaders: { 'X-A': [{ value: 'b' }, { file: '/c/c' }, { file: '/d' }], 'X-B': [{ value: 'e' }] },
      oauth2: {
        clientId: 'i',
        clientSecret: { file: '/c/s' },
        tokenUrl: 'https://t/',
        scopes: ['x'],
        endpointParams: { p: 'q' },
        tls: { ca: { file: '/c/ca' }, serverName: '', insecureSkipVerify: false },
        proxy: { url: 'http://p', noProxy: '', connectHeaders: {} },
      },
      proxy: { url: 'http://u:p@q:1', noProxy: 'x,y', connectHeaders: { H: ['1', '2'] } },
      followRedirects: true,
    });
  });

  it('takes proxies from the environment, capital letters first', async () => {
    const environment = { HTTP_PROXY: 'a:1', http_proxy: 'b:1', https_proxy: 'c:1', NO_PROXY: 'x' };
    const { proxy } = await clientOf('proxy_from_environment: true', environment);
    assert.deepEqual(proxy, {
      noProxy: '',
      environment: { http: 'a:1', https: 'c:1', noProxy: 'x' },
      connectHeaders: {},
    });
    const { warnings } = await parse(withBlock('proxy_from_environment: true'));
    assert.match(warnings[0]!, /finds no proxy: neither HTTP_PROXY nor HTTPS_PROXY is set$/);
  });

  it('says nothing of a password in a URL that it refuses', async () => {
    await assert.rejects(
      clientOf('proxy_url: foo://u:hunter2@p'),
      (error: Error) => !/hunter2/.test(error.message),
    );
  });

  it('has no secrets of a secret manager', async () => {
    await assert.rejects(clientOf('basic_auth: {username_ref: r}'), /cannot use secret ref without manager$/);
  });
});

/** Secrets that are told from everything else. */
const secret = fc.stringMatching(/^[a-zA-Z0-9]{6}$/).map((text) => `zq${text}Q`);
/** More of what a secret may be; in a URL it would be escaped. */
const anySecret = fc
  .tuple(secret, fc.constantFrom('', ': #', '\n', '"', "'", ' {', '<', ' - x', '\\', 'é'))
  .map((parts) => parts.join(''));

const block = fc.record({
  http_headers: fc.record({ 'X-Key': fc.record({ secrets: fc.array(anySecret, { minLength: 1 }) }) }),
  tls_config: fc.record({ cert: fc.constant('certificate'), key: anySecret }),
  proxy_url: secret.map((password) => `http://user:${password}@proxy:3128/`),
  proxy_connect_header: fc.record({ 'X-Pass': fc.array(anySecret, { minLength: 1 }) }),
});
const credentials = fc.oneof(
  fc.record({ basic_auth: fc.record({ username: fc.constant('me'), password: anySecret }) }),
  fc.record({ authorization: fc.record({ credentials: anySecret }) }),
  fc.record({ bearer_token: anySecret }),
  fc.record({
    oauth2: fc.record({
      client_id: fc.constant('me'),
      client_secret: anySecret,
      token_url: secret.map((password) => `http://user:${password}@token/`),
      endpoint_params: fc.record({ password: anySecret }),
      tls_config: fc.record({ cert: fc.constant('certificate'), key: anySecret }),
      proxy_url: secret.map((password) => `http://user:${password}@proxy/`),
    }),
  }),
  fc.record({
    oauth2: fc.record({
      client_id: fc.constant('me'),
      grant_type: fc.constant('urn:ietf:params:oauth:grant-type:jwt-bearer'),
      client_certificate_key: anySecret,
      token_url: fc.constant('http://token/'),
    }),
  }),
);
const styles = fc.record({
  defaultStringType: fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL'),
  collectionStyle: fc.constantFrom('block', 'flow', 'any'),
}) as fc.Arbitrary<yaml.ToStringOptions>;

describe('no secret', () => {
  it('is shown, however it is written', async () => {
    await fc.assert(
      fc.asyncProperty(block, credentials, styles, async (settings, auth, style) => {
        const text = yaml.stringify({ scrape_configs: [{ job_name: 'a', ...settings, ...auth }] }, style);
        const config = await parse(text);
        const [job] = config.scrapeConfigs;
        const shown = [config.fileText, await scrapeConfigYaml(job!), config.warnings.join('\n')].join('\n');
        assert.doesNotMatch(shown, /zq[a-zA-Z0-9]{6}Q/);
        // It is still a configuration, and one of the same job.
        const masked = (await parse(config.fileText)).scrapeConfigs[0]!;
        assert.deepEqual(Object.keys(masked.client), Object.keys(job!.client));
        assert.equal(masked.client.proxy?.url, 'http://user:xxxxx@proxy:3128/');
      }),
    );
  });
});
