/** Tokens: asked for once, kept until shortly before their end, and what is told where there is none. */

import assert from 'node:assert/strict';
import { createVerify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { OAuth2Config } from '../../src/base/http-client.ts';
import { HttpClient, networkError } from '../../src/base/http-request.ts';
import { readBody } from '../../src/base/read-body.ts';
import { Authority } from '../support/certificates.ts';
import { ForwardProxy } from '../support/forward-proxy.ts';

interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly body: string;
}

const folder = mkdtempSync(join(tmpdir(), 'trilite-oauth2-'));
const clients: HttpClient[] = [];
let server: http.Server;
let base = '';
/** What the token endpoint was asked, and what it answers. */
let forms: { form: URLSearchParams; headers: http.IncomingHttpHeaders }[] = [];
let answer: (form: URLSearchParams, headers: http.IncomingHttpHeaders) => Answer;

const json = (value: object): Answer => ({ body: JSON.stringify(value) });

before(async () => {
  server = http.createServer(async (request, response) => {
    if (request.url !== '/token') return void response.end(request.headers.authorization ?? 'nobody');
    const form = new URLSearchParams((await readBody(request, 100_000)).toString());
    forms.push({ form, headers: request.headers });
    const { status = 200, type = 'application/json', body } = answer(form, request.headers);
    response.writeHead(status, { 'Content-Type': type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

beforeEach(() => {
  forms = [];
  answer = () => json({ access_token: `t${forms.length}`, token_type: 'bearer', expires_in: 3600 });
});

after(() => {
  for (const client of clients) client.close();
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function clientOf(config: Partial<OAuth2Config> = {}): HttpClient {
  const oauth2: OAuth2Config = {
    clientId: 'me&you',
    clientSecret: { value: 's3cr3t+/' },
    tokenUrl: `${base}/token`,
    scopes: [],
    endpointParams: {},
    ...config,
  };
  const client = new HttpClient({ oauth2, followRedirects: true, httpHeaders: {} });
  clients.push(client);
  return client;
}

async function ask(client: HttpClient): Promise<string> {
  try {
    const signal = AbortSignal.timeout(10_000);
    const response = await client.send({ method: 'GET', url: base, headers: { 'User-Agent': 'us' }, signal });
    return (await readBody(response, 1000)).toString();
  } catch (error) {
    return networkError(error);
  }
}

describe('a token', () => {
  it('is asked for once, for all who want it at the same time too', async () => {
    const client = clientOf({ scopes: ['a', 'b'], endpointParams: { audience: 'x' } });
    const answers = await Promise.all([ask(client), ask(client), ask(client)]);
    assert.deepEqual(answers, ['Bearer t1', 'Bearer t1', 'Bearer t1']);
    assert.equal(await ask(client), 'Bearer t1');
    assert.equal(forms.length, 1);
    const [{ form, headers }] = forms as [(typeof forms)[0]];
    assert.equal(form.toString(), 'grant_type=client_credentials&scope=a+b&audience=x');
    const pair = Buffer.from('me%26you:s3cr3t%2B%2F').toString('base64');
    assert.equal(headers.authorization, `Basic ${pair}`);
    assert.equal(headers['user-agent'], 'us');
  });

  it('is asked for anew shortly before its end, and never where it has none', async () => {
    answer = () => json({ access_token: `t${forms.length}`, expires_in: 5 });
    const short = clientOf();
    assert.deepEqual([await ask(short), await ask(short)], ['Bearer t1', 'Bearer t2']);
    answer = () => json({ access_token: 'endless', token_type: 'MAC' });
    const endless = clientOf();
    assert.deepEqual([await ask(endless), await ask(endless)], ['MAC endless', 'MAC endless']);
    assert.equal(forms.length, 3);
  });

  it('is asked for anew with another secret', async () => {
    const file = join(folder, 'secret');
    writeFileSync(file, 'one\n');
    const client = clientOf({ clientSecret: { file } });
    assert.deepEqual([await ask(client), await ask(client)], ['Bearer t1', 'Bearer t1']);
    writeFileSync(file, 'two\n');
    assert.equal(await ask(client), 'Bearer t2');
    assert.equal(forms[1]!.headers.authorization, `Basic ${Buffer.from('me%26you:two').toString('base64')}`);
    rmSync(file);
    const gone = `unable to read oauth2 client secret: unable to read file ${file}: open ${file}: no such file or directory`;
    assert.equal(await ask(client), gone);
  });

  it('is asked for with parameters where the server takes no header, at once the next time', async () => {
    answer = (form) =>
      form.get('client_secret') === 's3cr3t+/'
        ? json({ access_token: `t${forms.length}`, expires_in: 1 })
        : { status: 401, body: '{"error":"invalid_client"}' };
    const client = clientOf();
    assert.deepEqual([await ask(client), await ask(client)], ['Bearer t2', 'Bearer t3']);
    assert.equal(forms[1]!.headers.authorization, undefined);
    assert.equal(forms[1]!.form.get('client_id'), 'me&you');
  });

  it('may come as a form', async () => {
    answer = () => ({
      type: 'text/plain; charset=utf-8',
      body: 'access_token=f&token_type=bearer&expires_in=60',
    });
    assert.equal(await ask(clientOf()), 'Bearer f');
  });

  it('comes through a proxy of its own', async () => {
    const proxy = new ForwardProxy();
    const url = `http://127.0.0.1:${await proxy.listen()}`;
    try {
      const client = clientOf({ proxy: { url, noProxy: '', connectHeaders: {} } });
      assert.equal(await ask(client), 'Bearer t1');
      assert.deepEqual(
        proxy.asked.map(({ method, target }) => `${method} ${target}`),
        [`POST ${base}/token`],
      );
    } finally {
      proxy.close();
    }
  });
});

describe('a token that is not there', () => {
  const refusals: readonly (readonly [string, Answer, RegExp])[] = [
    [
      'a coded error',
      { status: 400, body: '{"error":"invalid_scope","error_description":"no \\"x\\""}' },
      /^oauth2: "invalid_scope" "no \\"x\\""$/,
    ],
    ['an error with status 200', json({ error: 'e', error_uri: 'http://e' }), /^oauth2: "e" "http:\/\/e"$/],
    [
      'any other status',
      { status: 503, type: 'text/html', body: 'down' },
      /^oauth2: cannot fetch token: 503 Service Unavailable\nResponse: down$/,
    ],
    ['no token', json({ token_type: 'bearer' }), /^oauth2: server response missing access_token$/],
    ['no JSON', { body: 'x' }, /^oauth2: cannot parse json: /],
  ];
  for (const [what, given, words] of refusals) {
    it(`is told of: ${what}`, async () => {
      answer = () => given;
      assert.match(await ask(clientOf()), words);
    });
  }

  it('is asked for again by the next request', async () => {
    const client = clientOf();
    answer = () => ({ status: 500, body: '' });
    assert.match(await ask(client), /500 Internal Server Error/);
    answer = () => json({ access_token: 'again' });
    assert.equal(await ask(client), 'Bearer again');
  });

  it('does not show the secret that the server repeats', async () => {
    answer = (form, headers) => ({
      status: 400,
      type: 'text/html',
      body: `${form} ${JSON.stringify(headers)} s3cr3t+/`,
    });
    const words = await ask(clientOf());
    assert.match(words, /client_secret=<secret>/);
    assert.ok(!words.includes('s3cr3t'), words);
    assert.ok(!words.includes(Buffer.from('me%26you:s3cr3t%2B%2F').toString('base64')));
  });

  it('is told of where the endpoint is not reached', async () => {
    const words = await ask(clientOf({ tokenUrl: 'http://me:pass@127.0.0.1:1/token' }));
    assert.equal(
      words,
      'Post "http://me:***@127.0.0.1:1/token": dial tcp 127.0.0.1:1: connect: connection refused',
    );
    const parameter = await ask(clientOf({ scopes: ['x'], endpointParams: { scope: 'y' } }));
    assert.equal(parameter, 'oauth2: cannot overwrite parameter "scope"');
  });
});

describe('an assertion', () => {
  it('is signed with the key and stands in the place of the secret', async () => {
    const authority = new Authority();
    const { key, cert } = authority.pair;
    authority.remove();
    const jwt = { keyId: 'k', algorithm: 'RS384', issuer: '', audience: '', claims: { extra: [1] } } as const;
    const client = clientOf({ jwt: { ...jwt, key: { value: key } }, scopes: ['a'] });
    assert.equal(await ask(client), 'Bearer t1');
    const [{ form, headers }] = forms as [(typeof forms)[0]];
    assert.equal(headers.authorization, undefined);
    assert.equal(form.get('grant_type'), 'urn:ietf:params:oauth:grant-type:jwt-bearer');
    assert.equal(form.get('scope'), 'a');
    const [head, payload, signature] = form.get('assertion')!.split('.') as [string, string, string];
    const decoded = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString());
    assert.deepEqual(decoded(head), { alg: 'RS384', typ: 'JWT', kid: 'k' });
    const { iat, exp, jti, ...claims } = decoded(payload);
    assert.deepEqual(claims, { iss: 'me&you', sub: 'me&you', aud: `${base}/token`, scope: 'a', extra: [1] });
    assert.equal(exp - iat, 600);
    assert.match(jti, /^[0-9a-f-]{36}$/);
    const verify = createVerify('RSA-SHA384').update(`${head}.${payload}`);
    assert.ok(verify.verify(cert, signature, 'base64url'));
    const broken = clientOf({ jwt: { ...jwt, key: { value: 'no key' } } });
    assert.match(await ask(broken), /^invalid key: Key must be a PEM encoded PKCS1 or PKCS8 private key$/);
  });
});
