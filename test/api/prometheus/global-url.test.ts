import assert from 'node:assert/strict';
import { test } from 'node:test';
import { globalUrl } from '../../../src/api/prometheus/global-url.ts';

test('targets on this machine are named by its name, this server by its address', () => {
  const own = { ownPort: 9090, host: 'prom.example:443', scheme: 'https' };
  const cases: [string, string][] = [
    ['http://localhost:9090/metrics?a=b', 'https://prom.example:443/metrics?a=b'],
    ['http://127.0.0.1:9100/metrics', 'http://prom.example:9100/metrics'],
    ['https://[::1]/x', 'https://prom.example/x'],
    ['http://localhost', 'http://prom.example'],
    ['http://elsewhere:9090/metrics', 'http://elsewhere:9090/metrics'],
    ['http://[fe80::1]:9090/metrics', 'http://[fe80::1]:9090/metrics'],
  ];
  for (const [url, want] of cases) assert.equal(globalUrl(url, own), want);
});
