/** Whatever goes wrong with a target, what is told of it holds none of the secrets it is asked with. */

import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../src/base/clock.ts';
import type { HttpClientConfig } from '../../src/base/http-client.ts';
import { HttpFetcher } from '../../src/scrape/fetch.ts';
import { DEFAULT_SCRAPE_CONFIG } from '../../src/scrape/scrape-config.ts';

/** Repeats what it was asked with, and fails. */
const echo = http.createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  response
    .writeHead(Number(request.headers['x-status'] ?? 500))
    .end(`${JSON.stringify(request.headers)} ${body}`);
});
let port = 0;

before(async () => {
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  port = (echo.address() as AddressInfo).port;
});

after(() => {
  echo.closeAllConnections();
  echo.close();
});

const text = fc.stringMatching(/^[a-zA-Z0-9]{6}$/).map((middle) => `zq${middle}Q`);
const secret = fc
  .tuple(text, fc.constantFrom('', '\n', ' &=', '"', '\\', '+/', 'é', '\0'))
  .map((parts) => parts.join(''));
const value = secret.map((one) => ({ value: one }));
/** Nobody is there, or somebody who refuses. */
const place = fc
  .constantFrom('127.0.0.1:1', 'echo')
  .map((name) => () => (name === 'echo' ? `127.0.0.1:${port}` : name));

const credentials: fc.Arbitrary<(at: string) => Partial<HttpClientConfig>> = fc.oneof(
  value.map((password) => () => ({ basicAuth: { username: { value: 'me' }, password } })),
  value.map((one) => () => ({ authorization: { type: 'Bearer', credentials: one } })),
  fc.tuple(value, text).map(([clientSecret, password]) => (at: string) => ({
    oauth2: {
      clientId: 'me',
      clientSecret,
      tokenUrl: `http://me:${password}@${at}/token`,
      scopes: [],
      endpointParams: {},
    },
  })),
  value.map((one) => () => ({ secretHeaders: { 'X-Key': [one] } })),
  fc.tuple(text, text).map(([password, header]) => (at: string) => ({
    proxy: { url: `http://me:${password}@${at}`, noProxy: '', connectHeaders: { 'X-Key': [header] } },
  })),
  text.map((password) => (at: string) => ({
    proxy: { url: `socks5://me:${password}@${at}`, noProxy: '', connectHeaders: {} },
  })),
  value.map((key) => () => ({
    tls: { cert: { value: 'none' }, key, serverName: '', insecureSkipVerify: true },
  })),
);

test('an error of a target shows no secret', async () => {
  await fc.assert(
    fc.asyncProperty(
      credentials,
      place,
      place,
      text,
      fc.constantFrom('http', 'https'),
      async (settings, target, other, password, scheme) => {
        const client = { followRedirects: true, httpHeaders: {}, ...settings(other()) };
        const fetcher = new HttpFetcher({ ...DEFAULT_SCRAPE_CONFIG, client }, systemClock);
        try {
          await fetcher.fetch(`${scheme}://me:${password}@${target()}/metrics`, 5000);
          assert.fail('there is an answer');
        } catch (error) {
          assert.equal((error as Error).name, 'TriliteError', String(error));
          assert.doesNotMatch((error as Error).message, /zq[a-zA-Z0-9]{6}Q/);
        } finally {
          fetcher.close();
        }
      },
    ),
  );
});
