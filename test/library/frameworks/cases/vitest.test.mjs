import { startTrilite } from 'trilite';
import { matchers } from 'trilite/matchers';
import { afterAll, beforeAll, expect, test } from 'vitest';

expect.extend(matchers);
let sink;
beforeAll(async () => {
  sink = await startTrilite();
  await sink.push({ spans: [{ name: 'GET /orders', service: 'shop', attributes: { rows: 3 } }] });
});
afterAll(() => sink.stop());

test('holds', async () => {
  await expect(sink).toHaveSpan({
    name: expect.stringContaining('/orders'),
    attributes: { rows: expect.any(Number) },
  });
  await expect(sink).not.toHaveSpan({ name: 'nothing' }, { within: 50 });
  await expect(sink).toHaveTrace({ name: 'GET /orders' }, { exact: true });
});

test('fails with its message', async () => {
  await expect(sink).toHaveSpan({ name: 'GET /order', attributes: { rows: 3 } }, { timeout: 50 });
});

test('fails where it must not be', async () => {
  await expect(sink).not.toHaveSpan('GET /orders');
});
