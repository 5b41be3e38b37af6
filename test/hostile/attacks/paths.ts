/** Paths and hosts that mean something else: ways out of the page's folder, bad escapes, very long ones. */

import { type Attack, repeat } from '../attack.ts';
import { converse, request } from '../send.ts';

const STEPS = [
  '..%2f',
  '%2e%2e/',
  '../',
  '..;/',
  '..\\',
  '..%5c',
  '%c0%ae%c0%ae/',
  '%252e%252e%252f',
  '.%00./',
  '....//',
  '%uff0e%uff0e/',
];
const BASES = [
  '/',
  '/ui/',
  '/assets/',
  '/api/v1/label/',
  '/loki/api/v1/label/',
  '/api/traces/',
  '/api/v2/silence/',
  '/graph/',
];
const GOALS = [
  'etc/passwd',
  'package.json',
  'dist/main.cjs',
  'data/trilite.db',
  'values',
  '%00',
  '%ff%fe',
  '%',
];

export const traversal: Attack = {
  name: 'path-traversal',
  strike: (strike) =>
    repeat(strike, 6, () => {
      const { random } = strike;
      const path = random.pick(BASES) + random.pick(STEPS).repeat(random.int(1, 12)) + random.pick(GOALS);
      return converse(strike, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    }),
};

export const longUrls: Attack = {
  name: 'long-urls',
  strike: (strike) =>
    repeat(strike, 4, () => {
      const { random } = strike;
      const long = random
        .pick(['a', '/', '%61', 'a=b&', '..', '%', '//', ';', '?'])
        .repeat(random.int(1000, 200_000));
      const base = random.pick([
        '/',
        '/api/v1/query?query=',
        '/api/v1/label/',
        '/loki/api/v1/query?',
        '/api/search?tags=',
        '//',
      ]);
      return converse(strike, `GET ${base}${long} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    }),
};

export const hostsAndTenants: Attack = {
  name: 'hosts-tenants-options',
  strike: (strike) =>
    repeat(strike, 8, async (n) => {
      const { random } = strike;
      const headers = random.pick([
        { host: random.pick(['evil.example', '[::1', 'a'.repeat(10_000), 'x:99999', '"><script>']) },
        { 'x-scope-orgid': `tenant-${n}-${random.int(0, 1e9)}` },
        { 'x-scope-orgid': random.pick(['../..', '', '|', 'a|b|c', '__proto__', 'a'.repeat(5000)]) },
        { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
      ]);
      const method = random.pick(['GET', 'OPTIONS', 'OPTIONS', 'HEAD', 'DELETE', 'PUT']);
      const path = random.pick([
        '/loki/api/v1/labels',
        '/api/v1/labels',
        '/v1/logs',
        '/',
        '/config',
        '/api/v1/status/config',
        '/api/v1/rules',
        '/prometheus/api/v1/alerts',
      ]);
      await request(strike, { method, path, headers });
      const body = JSON.stringify({
        streams: [{ stream: { app: 'tenants' }, values: [[`${Date.now()}000000`, 'x']] }],
      });
      await request(strike, {
        path: '/loki/api/v1/push',
        headers: { 'x-scope-orgid': `t${random.int(0, 1e9)}`, 'content-type': 'application/json' },
        body,
      });
    }),
};
