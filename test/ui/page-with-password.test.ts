/** The page in a real browser where a password is asked for: its files, its requests and its WebSocket have it by themselves. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, skipWithoutBrowser } from '../support/browser.ts';
import { basic } from '../support/guarded-server.ts';
import { postBody } from '../support/http-api.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';

const CONFIG = `trilite:
  auth:
    users:
      - { username: reader, password: look, scopes: [read] }
      - { username: sender, password: send, scopes: [ingest] }
`;

describe('the page behind a password', { skip: skipWithoutBrowser, timeout: 200_000 }, () => {
  let own: TemporaryServer;
  let browser: Browser;

  before(async () => {
    own = await temporaryServer(CONFIG);
    browser = await openBrowser();
    await push('first line');
  });
  after(async () => {
    await browser?.close();
    await own?.dispose();
  });

  async function push(line: string): Promise<void> {
    const streams = [{ stream: { service_name: 'shop' }, values: [[`${Date.now()}000000`, line]] }];
    const headers = { 'content-type': 'application/json', authorization: basic('sender', 'send') };
    await postBody(`${own.server.base}/loki/api/v1/push`, headers, JSON.stringify({ streams }));
  }

  /** A page whose user types the password when he is asked. */
  async function openAs(username: string, password: string): Promise<{ page: Page; faults: string[] }> {
    const context = await browser.newContext({
      baseURL: own.server.base,
      httpCredentials: { username, password },
    });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('response', (answer) => {
      if (answer.status() === 403) faults.push(`${answer.status()} ${answer.url()}`);
    });
    return { page, faults };
  }

  test('asks for it, and then works, live lines too', async () => {
    const { page, faults } = await openAs('reader', 'look');
    await page.goto('/logs?q=%7Bservice_name%3D%22shop%22%7D');
    await page.getByText('first line').waitFor();
    await page.getByRole('button', { name: 'Live' }).click();
    await page.getByText('live', { exact: true }).waitFor();
    await push('a live line');
    await page.getByText('a live line').waitFor();
    const asked = page.waitForResponse((answer) => answer.url().includes('/api/v1/query'));
    await page.goto('/graph?g0.expr=vector(1)');
    assert.equal((await asked).status(), 200);
    await page.goto('/config');
    await page.getByText('password').first().waitFor();
    const text = await page.locator('body').innerText();
    assert.match(text, /<secret>/);
    assert.doesNotMatch(text, /look|send(?!er)/);
    assert.deepEqual(faults, []);
    await page.context().close();
  });

  test('is not shown to who has no password, and no right', async () => {
    const { page } = await openAs('reader', 'wrong');
    // Chromium gives up where what it was told is not taken.
    const answer = await page.goto('/logs').catch((error: Error) => error);
    if (!(answer instanceof Error)) assert.equal(answer!.status(), 401);
    await page.context().close();
    const sender = await openAs('sender', 'send');
    assert.equal((await sender.page.goto('/logs'))!.status(), 403);
    await sender.page.context().close();
  });
});
