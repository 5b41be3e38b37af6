/**
 * A real browser for tests of the web page: Debian's `chromium-headless-shell` (Chromium without windows, which takes half the
 * processor time), or `chromium`, or what `TRILITE_TEST_CHROMIUM` names, through playwright-core. A page notes what must never
 * happen, faults on its console, so that tests can demand that there are none.
 */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findProgram, skipUnless } from './program.ts';

export const CHROMIUM =
  process.env.TRILITE_TEST_CHROMIUM ?? findProgram('chromium-headless-shell') ?? findProgram('chromium');
/** For tests that need a browser. */
export const skipWithoutBrowser = skipUnless(
  CHROMIUM !== undefined,
  'no chromium on PATH, and TRILITE_TEST_CHROMIUM names none',
);

/** How long a page may take to show something, on a machine that has much else to do. */
export const SHOWN_MAX_MS = 30_000;
const DESK = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };
const SCREENSHOTS = path.join(import.meta.dirname, '../../docs/screenshots');
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export interface PageOptions {
  readonly theme?: 'light' | 'dark';
  readonly size?: { readonly width: number; readonly height: number };
}

export interface TestPage {
  readonly page: Page;
  /** Demands that nothing went wrong on the page: no fault on the console, no script that failed, none that was refused. */
  assertQuiet(): void;
  /** Forgets faults that a test has brought about itself. */
  forgetFaults(): void;
  close(): Promise<void>;
}

/** Without a sandbox: tests run as root in containers. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox', '--disable-gpu'] });
}

/** `base` is the server's address; paths are relative to it. */
export async function openPage(browser: Browser, base: string, options: PageOptions = {}): Promise<TestPage> {
  const context = await browser.newContext({
    baseURL: base,
    viewport: options.size ?? DESK,
    colorScheme: options.theme ?? 'light',
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
    locale: 'en-GB',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(SHOWN_MAX_MS);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`${error.name}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  return {
    page,
    assertQuiet: () => assert.deepEqual(faults, []),
    forgetFaults: () => faults.splice(0),
    close: () => context.close(),
  };
}

/** Demands that axe finds nothing serious in what is on view. */
export async function assertAccessible(page: Page): Promise<void> {
  // The page's own policy forbids scripts from elsewhere; this one comes through the debugger.
  await page.evaluate(readFileSync(AXE, 'utf8'));
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
  });
  assert.deepEqual(found, []);
}

/**
 * Keeps a picture for the documentation (docs/screenshots/NAME.png) where `TRILITE_TEST_SCREENSHOTS` is set; otherwise it does
 * nothing, so that a run of the tests changes no file.
 */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  if (process.env.TRILITE_TEST_SCREENSHOTS === undefined) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
}
