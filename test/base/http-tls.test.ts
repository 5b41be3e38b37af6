/** TLS of the HTTP client against servers with certificates of every kind. */

import assert from 'node:assert/strict';
import { copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import type { HttpClientConfig, TlsConfig } from '../../src/base/http-client.ts';
import { HttpClient, networkError } from '../../src/base/http-request.ts';
import { readBody } from '../../src/base/read-body.ts';
import { Authority, type Pair } from '../support/certificates.ts';

const authority = new Authority();
const other = new Authority('another authority');
const servers: Server[] = [];
const clients: HttpClient[] = [];

after(() => {
  for (const client of clients) client.close();
  for (const server of servers) {
    (server as https.Server).closeAllConnections();
    server.close();
  }
  authority.remove();
  other.remove();
});

/** Answers with the name of the client's certificate, if it has one. */
async function serve({ cert, key }: Pair, options: https.ServerOptions = {}): Promise<number> {
  const server = https.createServer({ cert, key, ...options }, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    response.end(`hello ${subject?.CN ?? 'nobody'}`);
  });
  return listen(server);
}

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function client(tls: Partial<TlsConfig>, more: Partial<HttpClientConfig> = {}): HttpClient {
  const settings = { serverName: '', insecureSkipVerify: false, ...tls };
  const made = new HttpClient({ tls: settings, followRedirects: true, httpHeaders: {}, ...more });
  clients.push(made);
  return made;
}

/** The body, or the words of the failure. */
async function ask(from: HttpClient, port: number, host = '127.0.0.1'): Promise<string> {
  try {
    const url = `https://${host}:${port}/`;
    const response = await from.send({
      method: 'GET',
      url,
      headers: {},
      signal: AbortSignal.timeout(10_000),
    });
    return (await readBody(response, 1000)).toString();
  } catch (error) {
    return networkError(error);
  }
}

const ca = { file: authority.pair.certFile };
const good = authority.issue('good', { names: 'IP:127.0.0.1,DNS:localhost' });

describe('a certificate', () => {
  let port = 0;
  before(async () => {
    port = await serve(good);
  });

  it('is taken from a known authority, in a file or inline', async () => {
    assert.equal(await ask(client({ ca }), port), 'hello nobody');
    assert.equal(
      await ask(client({ ca: { value: authority.pair.cert } }), port, 'localhost'),
      'hello nobody',
    );
  });

  it('of an unknown authority is refused, unless nothing is verified', async () => {
    const unknown = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
    assert.equal(await ask(client({}), port), unknown);
    assert.equal(await ask(client({ ca: { file: other.pair.certFile } }), port), unknown);
    assert.equal(await ask(client({ insecureSkipVerify: true }), port), 'hello nobody');
  });

  it('for other names is refused with those it is for; server_name says which is wanted', async () => {
    const named = await serve(authority.issue('named', { names: 'DNS:a.example,DNS:b.example' }));
    const wrong =
      'tls: failed to verify certificate: x509: certificate is valid for a.example, b.example, not localhost';
    assert.equal(await ask(client({ ca }), named, 'localhost'), wrong);
    assert.match(await ask(client({ ca }), named), /for 127.0.0.1 because it doesn't contain any IP SANs$/);
    assert.equal(await ask(client({ ca, serverName: 'b.example' }), named), 'hello nobody');
    const address = await serve(authority.issue('address', { names: 'IP:192.0.2.1' }));
    assert.match(
      await ask(client({ ca }), address),
      /x509: certificate is valid for 192.0.2.1, not 127.0.0.1$/,
    );
    assert.equal(await ask(client({ ca, serverName: '192.0.2.1' }), address), 'hello nobody');
  });

  it('that is over is refused with the time', async () => {
    const over = await serve(authority.issue('over', { names: 'IP:127.0.0.1', days: -1 }));
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
    assert.match(
      await ask(client({ ca }), over),
      new RegExp(
        `^tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time ${time} is after ${time}$`,
      ),
    );
  });

  it('is not asked for where the server speaks no TLS', async () => {
    const plain = await listen(http.createServer((_, response) => response.end('plain')));
    assert.equal(await ask(client({ ca }), plain), 'http: server gave HTTP response to HTTPS client');
  });
});

describe('a client certificate', () => {
  const options = { requestCert: true, ca: authority.pair.cert };
  const mine = authority.issue('mine', { commonName: 'scraper' });
  const cert = { file: mine.certFile };
  const key = { file: mine.keyFile };

  it('is shown to a server that wants one', async () => {
    const port = await serve(good, options);
    assert.equal(await ask(client({ ca, cert, key }), port), 'hello scraper');
    const inline = { cert: { value: mine.cert }, key: { value: mine.key } };
    assert.equal(await ask(client({ ca, ...inline }), port), 'hello scraper');
    assert.equal(
      await ask(client({ ca, ...inline }), await serve(good, { ...options, maxVersion: 'TLSv1.2' })),
      'hello scraper',
    );
  });

  it('that is missing is told of', async () => {
    assert.equal(
      await ask(client({ ca }), await serve(good, options)),
      'remote error: tls: certificate required',
    );
  });

  it('is as its files are now', async () => {
    const port = await serve(good, options);
    const paths = { cert: join(authority.folder, 'now.crt'), key: join(authority.folder, 'now.key') };
    const put = (pair: Pair): void => {
      copyFileSync(pair.certFile, paths.cert);
      copyFileSync(pair.keyFile, paths.key);
    };
    put(mine);
    const asking = client({ ca, cert: { file: paths.cert }, key: { file: paths.key } });
    assert.equal(await ask(asking, port), 'hello scraper');
    put(authority.issue('next', { commonName: 'renewed' }));
    assert.equal(await ask(asking, port), 'hello renewed');
    copyFileSync(mine.certFile, paths.cert);
    const torn = `unable to use specified client cert (file ${paths.cert}) & key (file ${paths.key}): tls: private key does not match public key`;
    assert.equal(await ask(asking, port), torn);
    rmSync(paths.key);
    const gone = `unable to read client key: unable to read file ${paths.key}: open ${paths.key}: no such file or directory`;
    assert.equal(await ask(asking, port), gone);
    put(mine);
    assert.equal(await ask(asking, port), 'hello scraper');
  });
});

describe('an authority', () => {
  it('is as its file is now; a connection that the old one vouched for is used no further', async () => {
    const port = await serve(good);
    const path = join(authority.folder, 'authorities.pem');
    copyFileSync(authority.pair.certFile, path);
    const asking = client({ ca: { file: path } });
    assert.equal(await ask(asking, port), 'hello nobody');
    writeFileSync(`${path}.new`, other.pair.cert);
    renameSync(`${path}.new`, path);
    assert.match(await ask(asking, port), /signed by unknown authority$/);
    writeFileSync(path, 'garbage');
    assert.equal(await ask(asking, port), `unable to use specified CA cert file ${path}`);
    writeFileSync(path, other.pair.cert + authority.pair.cert);
    assert.equal(await ask(asking, port), 'hello nobody');
  });
});

describe('versions', () => {
  it('are those between the lowest and the highest', async () => {
    const old = await serve(good, { maxVersion: 'TLSv1.2' });
    assert.equal(
      await ask(client({ ca, minVersion: 'TLSv1.3' }), old),
      'remote error: tls: protocol version not supported',
    );
    assert.equal(await ask(client({ ca, maxVersion: 'TLSv1.2' }), old), 'hello nobody');
    const ancient = await serve(good, {
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    assert.match(await ask(client({ ca }), ancient), /tls: /);
    assert.equal(await ask(client({ ca, minVersion: 'TLSv1' }), ancient), 'hello nobody');
    assert.equal(await ask(client({ ca, maxVersion: 'TLSv1.1' }), ancient), 'hello nobody');
  });
});
