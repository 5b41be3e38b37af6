/** The editor in a real browser, on the metrics view: options by keys and mouse, undo, brackets, lines, input methods, phones. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import {
  assertAccessible,
  openBrowser,
  openPage,
  type PageOptions,
  PHONE,
  skipWithoutBrowser,
} from '../support/browser.ts';
import { eventually } from '../support/poll.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';
import { pushShop } from './metrics/shop.ts';

const editor = (page: Page) => page.getByRole('combobox', { name: 'PromQL query 1' });
const list = (page: Page) => page.getByRole('listbox', { name: 'Completions' });
const chosen = (page: Page) => list(page).getByRole('option', { selected: true });

async function textIs(page: Page, text: string): Promise<void> {
  await eventually(async () => assert.equal(await editor(page).inputValue(), text));
}

/** What is seen is what is there. */
async function assertDrawn(page: Page): Promise<void> {
  const drawnText = () => page.locator('.editor-colours').textContent();
  await eventually(async () => assert.equal(await drawnText(), `${await editor(page).inputValue()}\n`));
  const [drawn, own, shown] = await page.evaluate<number[]>(
    `[document.querySelector('.editor-colours').offsetHeight, document.querySelector('textarea').scrollHeight,
      document.querySelector('textarea').offsetHeight]`,
  );
  assert.equal(own, shown, 'the text needs the room that it has');
  assert.equal(drawn, shown, 'lines break at the same places');
}

describe('the editor', { skip: skipWithoutBrowser, timeout: 200_000 }, () => {
  let own: TemporaryServer;
  let browser: Browser;

  before(async () => {
    own = await temporaryServer();
    await pushShop(own.server.base, Date.now());
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await own?.dispose();
  });

  async function opened(options: PageOptions = {}, query = '') {
    const opened = await openPage(browser, own.server.base, options);
    await opened.page.goto(`/graph?g0.tab=1&g0.expr=${encodeURIComponent(query)}`);
    await editor(opened.page).click();
    return opened;
  }

  test('options are chosen by keys, and taken back by undo', async () => {
    const { page, assertQuiet, close } = await opened();
    await page.keyboard.type('http_r');
    await page.getByRole('option', { name: 'http_requests_total' }).waitFor();
    assert.equal(await chosen(page).count(), 0);
    assert.equal(await editor(page).getAttribute('aria-expanded'), 'true');
    await page.keyboard.press('ArrowDown');
    await chosen(page).getByText('http_requests_total').waitFor();
    const active = await editor(page).getAttribute('aria-activedescendant');
    assert.equal(await chosen(page).getAttribute('id'), active);
    await assertAccessible(page);
    await page.keyboard.press('Enter');
    await textIs(page, 'http_requests_total');
    await list(page).waitFor({ state: 'detached' });
    await page.keyboard.press('ControlOrMeta+z');
    await textIs(page, 'http_r');
    await page.keyboard.press('ControlOrMeta+Shift+z');
    await textIs(page, 'http_requests_total');
    await page.keyboard.type('{co');
    await page.getByRole('option', { name: 'code' }).waitFor();
    await page.keyboard.press('Tab');
    await textIs(page, 'http_requests_total{code=""}');
    await page.getByRole('option', { name: '500' }).waitFor();
    await page.keyboard.type('50');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await textIs(page, 'http_requests_total{code="500"}');
    await page.keyboard.press('Enter');
    await page.getByText('2 series').waitFor();
    await assertDrawn(page);
    assertQuiet();
    await close();
  });

  test('Enter runs what is written while options are on offer that nobody looked at', async () => {
    const { page, assertQuiet, close } = await opened();
    await page.keyboard.type('memory_b');
    await list(page).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/g0\.expr=memory_b(&|$)/);
    await list(page).waitFor({ state: 'detached' });
    await textIs(page, 'memory_b');
    assertQuiet();
    await close();
  });

  test('Ctrl-Space opens the list with its first option chosen; Escape closes it, and then leaves', async () => {
    const { page, assertQuiet, close } = await opened();
    await page.keyboard.press('Control+Space');
    await chosen(page).waitFor();
    await page.keyboard.type('histogram_quan');
    await chosen(page).getByText('histogram_quantile').waitFor();
    await page.getByText('histogram_quantile(').waitFor();
    await page.keyboard.press('Escape');
    await list(page).waitFor({ state: 'detached' });
    assert.equal(await page.locator('textarea:focus').count(), 1);
    await page.keyboard.press('Escape');
    await page.locator('textarea:not(:focus)').waitFor();
    await page.keyboard.press('e');
    await page.locator('textarea:focus').waitFor();
    await page.keyboard.press('End');
    await page.keyboard.press('Control+Space');
    await chosen(page).waitFor();
    await page.keyboard.press('Enter');
    await textIs(page, 'histogram_quantile()');
    await page.keyboard.type('0.9');
    await textIs(page, 'histogram_quantile(0.9)');
    assertQuiet();
    await close();
  });

  test('the mouse picks without taking the focus', async () => {
    const { page, assertQuiet, close } = await opened();
    await page.keyboard.type('sum(memo');
    await page.getByRole('option', { name: 'memory_bytes' }).click();
    await page.keyboard.type(')');
    await textIs(page, 'sum(memory_bytes)');
    await page.mouse.click(600, 600);
    await page.locator('textarea:not(:focus)').waitFor();
    assertQuiet();
    await close();
  });

  test('brackets and quotes come, go and are typed over', async () => {
    const { page, assertQuiet, close } = await opened();
    await page.keyboard.type('sum(up{job="a');
    await textIs(page, 'sum(up{job="a"})');
    await page.keyboard.type('"})');
    await textIs(page, 'sum(up{job="a"})');
    await page.locator('.code-pair').nth(1).waitFor();
    assert.deepEqual(await page.locator('.code-pair').allTextContents(), ['(', ')']);
    await page.keyboard.type(' + (');
    await page.keyboard.press('Backspace');
    await textIs(page, 'sum(up{job="a"}) + ');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('(');
    await textIs(page, '(sum(up{job="a"}) + )');
    await page.keyboard.press('ControlOrMeta+z');
    await textIs(page, 'sum(up{job="a"}) + ');
    await page.keyboard.press('Home');
    await page.keyboard.type('(');
    await textIs(page, '(sum(up{job="a"}) + ');
    assert.equal(await page.locator('.code-lone').textContent(), '(');
    assertQuiet();
    await close();
  });

  test('Shift-Enter begins a line, and the box grows with its lines until it scrolls', async () => {
    const { page, assertQuiet, close } = await opened();
    const height = async () => (await page.locator('.editor').boundingBox())!.height;
    const one = await height();
    await page.keyboard.type('up');
    await page.keyboard.press('Escape');
    await editor(page).focus();
    await page.keyboard.press('Shift+Enter');
    await assertDrawn(page);
    assert.ok((await height()) > one + 15);
    await page.keyboard.type('+ 1');
    await textIs(page, 'up\n+ 1');
    await page.keyboard.press('ControlOrMeta+Enter');
    await page.waitForURL(/g0\.expr=up%0A/);
    for (let i = 0; i < 40; i++) await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('+ 2');
    await assertDrawn(page);
    assert.ok((await height()) < 400);
    const scrolled = "document.querySelector('.editor-field').scrollTop";
    assert.ok((await page.evaluate<number>(scrolled)) > 300, 'the cursor is to be seen');
    await page.keyboard.press('ControlOrMeta+Home');
    await eventually(async () => assert.ok((await page.evaluate<number>(scrolled)) < 20));
    assertQuiet();
    await close();
  });

  test('lines break in the colours where they do in the text', async () => {
    const { page, assertQuiet, close } = await opened({ size: PHONE });
    const texts = [
      'x'.repeat(300),
      `sum by (${'label_name, '.repeat(40)})`,
      `{a="${'b c '.repeat(60)}"}`,
      `up${' '.repeat(200)}`,
      `up\t\t\t${'\t x'.repeat(30)}\n`,
      `${'\n'.repeat(5)}up\n`,
      `${'ü€😀 '.repeat(50)}`,
      'a-b/c=d!='.repeat(40),
    ];
    for (const text of texts) {
      await editor(page).fill(text);
      await assertDrawn(page);
    }
    assertQuiet();
    await close();
  });

  test('nothing is lost when typing is faster than the page', async () => {
    const { page, assertQuiet, close } = await opened();
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 6 });
    const query =
      'sum by (code, instance) (rate(http_requests_total{job="shop/cart", code!~"5.."}[5m])) / 3 + ';
    await page.keyboard.type(query);
    await textIs(page, query);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 1 });
    await assertDrawn(page);
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.press('Backspace');
    await page.keyboard.type('a');
    await page.keyboard.press('Backspace');
    await page.keyboard.type('vector(1) + 1');
    await page.keyboard.press('Enter');
    await page.getByRole('cell', { name: '2', exact: true }).waitFor();
    assertQuiet();
    await close();
  });

  test('an input method is left alone', async () => {
    const { page, assertQuiet, close } = await opened();
    const devtools = await page.context().newCDPSession(page);
    await page.keyboard.type('{a="');
    for (const text of ['に', 'にほ', 'にほん'])
      await devtools.send('Input.imeSetComposition', {
        text,
        selectionStart: text.length,
        selectionEnd: text.length,
      });
    await textIs(page, '{a="にほん"}');
    await devtools.send('Input.insertText', { text: '日本' });
    await textIs(page, '{a="日本"}');
    await page.keyboard.type('"');
    await textIs(page, '{a="日本"}');
    await assertDrawn(page);
    assertQuiet();
    await close();
  });

  test('values from elsewhere are written in', async () => {
    const { page, assertQuiet, close } = await opened({}, 'sum(up)by(job)');
    await page.getByRole('button', { name: 'Format' }).click();
    await textIs(page, 'sum by (job) (up)');
    await assertDrawn(page);
    await page.goto('/graph?g0.expr=vector(1)&g0.tab=1');
    await textIs(page, 'vector(1)');
    await editor(page).click();
    await page.keyboard.press('End');
    await page.keyboard.type(' + 1');
    await page.keyboard.press('Enter');
    await page.getByRole('cell', { name: '2', exact: true }).waitFor();
    await page.goBack();
    await textIs(page, 'vector(1)');
    assertQuiet();
    await close();
  });

  for (const theme of ['light', 'dark'] as const) {
    test(`the list stays on the screen of a phone, ${theme}`, async () => {
      const { page, assertQuiet, close } = await opened({ theme, size: PHONE });
      await page.keyboard.type('sum by (job, instance) (http_req');
      await list(page).waitFor();
      await page.keyboard.press('ArrowDown');
      const box = (await page.locator('.options').boundingBox())!;
      assert.ok(box.x >= 0 && box.x + box.width <= PHONE.width, `${box.x} + ${box.width}`);
      assert.ok(box.y + box.height <= PHONE.height);
      const overflow = 'document.documentElement.scrollWidth - window.innerWidth';
      assert.ok((await page.evaluate<number>(overflow)) <= 0);
      await assertAccessible(page);
      await page.getByRole('option', { name: 'http_requests_total' }).click();
      await page.locator('textarea:focus').waitFor();
      await textIs(page, 'sum by (job, instance) (http_requests_total)');
      assertQuiet();
      await close();
    });
  }
});
