/**
 * A page of another origin exports with OpenTelemetry's SDK from a real browser (see
 * `test/support/browser.ts`): where its origin is listed all that it sends is stored and it reads every answer;
 * where it is not, the browser sends nothing.
 */

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { build } from 'esbuild';
import { openBrowser, openPage, skipWithoutBrowser } from '../../support/browser.ts';
import { getJson, logEntries } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import type { Told } from './told.ts';

/** On a machine that has much else to do. */
const PAGE_MAX_MS = 60_000;

/** The page's script, with the SDK in its form for browsers. */
async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, 'page.ts')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  });
  return outputFiles[0]!.text;
}

describe('a page of another origin', { timeout: 200_000, skip: skipWithoutBrowser }, () => {
  let own: TemporaryServer;
  let pages: Server;
  let port: number;
  let onTold: (told: Told) => void = () => {};

  before(async () => {
    const script = await bundlePage();
    pages = createServer(async (request, response) => {
      if (request.url === '/told') {
        let body = '';
        for await (const piece of request) body += piece;
        onTold(JSON.parse(body) as Told);
      }
      const isScript = request.url === '/page.js';
      response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
      response.end(isScript ? script : '<!doctype html><script type="module" src="/page.js"></script>');
    });
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    ({ port } = pages.address() as AddressInfo);
    const cors = `{allowed_origins: ["http://127.0.0.1:${port}"], allowed_headers: [X-Extra]}`;
    own = await temporaryServer(`scrape_configs: []\ntrilite: {cors: ${cors}}\n`);
  });
  after(async () => {
    pages?.closeAllConnections();
    pages?.close();
    await own?.dispose();
  });

  /** Opens the page at this name of the machine, and waits for what it tells. */
  async function visit(host: string): Promise<Told> {
    const url = `http://${host}:${port}/?server=${encodeURIComponent(own.server.base)}`;
    const browser = await openBrowser();
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Told>((resolve, reject) => {
        onTold = resolve;
        timer = setTimeout(() => reject(new Error(`the page at ${url} told nothing`)), PAGE_MAX_MS);
        openPage(browser, url)
          .then(({ page }) => page.goto(url), reject)
          .catch(reject);
      });
    } finally {
      clearTimeout(timer);
      await browser.close();
    }
  }

  async function spanNames(traceId: string): Promise<string[]> {
    interface Answer {
      readonly trace: { readonly resourceSpans?: { scopeSpans: { spans: { name?: string }[] }[] }[] };
    }
    const { trace } = await getJson<Answer>(own.server.base, `/api/v2/traces/${traceId}`);
    const scopes = (trace.resourceSpans ?? []).flatMap((resource) => resource.scopeSpans);
    return scopes.flatMap((scope) => scope.spans.map((span) => span.name ?? ''));
  }

  test('sends where its origin is listed, and reads every answer', async () => {
    const told = await visit('127.0.0.1');
    assert.match(told.refused, /^400 \{"code":3,"message":"invalid OTLP JSON: /);
    assert.deepEqual([told.loki, told.zipkin], ['204', '202']);
    assert.deepEqual(await spanNames(told.exported), ['click']);
    assert.deepEqual(await spanNames(told.zipkinId), ['']);
    await eventually(async () => assert.deepEqual(await spanNames(told.beacon), ['leave']));
    const end = BigInt(Date.now() + 60_000) * 1_000_000n;
    const entries = await logEntries(own.server.base, '{app="page"}', end - 600_000_000_000n, end);
    assert.deepEqual(
      entries.map((entry) => entry.line),
      ['clicked'],
    );
  });

  test('sends nothing where it is not', async () => {
    const told = await visit('localhost');
    assert.deepEqual([told.loki, told.zipkin, told.refused], ['TypeError', 'TypeError', 'TypeError']);
    for (const id of [told.exported, told.zipkinId, told.beacon]) assert.deepEqual(await spanNames(id), []);
  });
});
