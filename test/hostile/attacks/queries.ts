/** Queries that cost, at every endpoint that takes some, and requests for lists of everything. */

import { type Attack, repeat, type Strike } from '../attack.ts';
import { request } from '../send.ts';
import { LOGQL, many, PROMQL, REGEXES, TRACEQL } from './query-texts.ts';

const form = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields).toString();
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

function times({ random }: Strike): Record<string, string> {
  const end = Math.floor(Date.now() / 1000);
  return random.pick<Record<string, string>>([
    { start: String(end - 3600), end: String(end), step: '15' },
    { start: String(end - 10_999), end: String(end), step: '1' },
    { start: '0', end: String(end), step: '1' },
    { start: '-9223372036854775808', end: '9223372036854775807', step: '0.000001' },
    { start: 'NaN', end: 'Inf', step: '-1' },
    { start: String(end), end: '0', step: '1e300' },
    { start: String(end - 1e9), end: String(end), step: '1000000' },
  ]);
}

export const promqlQueries: Attack = {
  name: 'promql',
  strike: (strike) =>
    repeat(strike, 4, async () => {
      const query = strike.random.pick(PROMQL)(strike);
      const path = strike.random.pick([
        '/api/v1/query',
        '/api/v1/query_range',
        '/api/v1/format_query',
        '/api/v1/parse_query',
      ]);
      await request(strike, { path, headers: FORM, body: form({ query, ...times(strike) }) });
    }),
};

export const logqlQueries: Attack = {
  name: 'logql',
  strike: (strike) =>
    repeat(strike, 4, async () => {
      const query = strike.random.pick(LOGQL)(strike);
      const path = strike.random.pick([
        '/loki/api/v1/query_range',
        '/loki/api/v1/query_range',
        '/loki/api/v1/query',
        '/loki/api/v1/detected_fields',
        '/loki/api/v1/patterns',
        '/loki/api/v1/index/stats',
        '/loki/api/v1/format_query',
      ]);
      const limit = strike.random.pick(['100', '5000', '1000000000', '-1']);
      await request(strike, { path, headers: FORM, body: form({ query, limit, ...times(strike) }) });
    }),
};

export const traceqlQueries: Attack = {
  name: 'traceql',
  strike: (strike) =>
    repeat(strike, 4, async () => {
      const { random } = strike;
      const q = random.pick(TRACEQL)(strike);
      const path = random.pick([
        '/api/search',
        '/api/search',
        '/api/metrics/query_range',
        '/api/metrics/query',
        '/api/v2/search/tags',
        '/api/v2/search/tag/name/values',
      ]);
      const text = form({
        q,
        query: q,
        limit: random.pick(['20', '1000000000', '-1']),
        spss: '1000000',
        ...times(strike),
      });
      await request(strike, { path: `${path}?${text}` });
    }),
};

/** Lists of everything, and lists of ten thousand selectors. */
export const listQueries: Attack = {
  name: 'lists',
  strike: (strike) =>
    repeat(strike, 3, async () => {
      const { random } = strike;
      const matches = (n: number, make: (i: number) => string) =>
        many(n, (i) => `match[]=${encodeURIComponent(make(i))}`, '&');
      const all = '{__name__=~".+"}';
      const body = random.pick([
        () => matches(10_000, (i) => `up{a="${i}"}`),
        () => matches(3000, () => all),
        () => matches(200, () => `{__name__=~${JSON.stringify(random.pick(REGEXES))}}`),
        () => `${matches(1, () => all)}&limit=1000000000`,
        () => 'a=b&'.repeat(200_000),
        () => '%'.repeat(100_000),
        () => `query=${'%41'.repeat(100_000)}`,
      ])();
      const asked = random.pick([
        '/api/v1/series',
        '/api/v1/labels',
        '/api/v1/query_exemplars',
        '/loki/api/v1/series',
        '/loki/api/v1/labels',
      ]);
      await request(strike, { path: asked, headers: FORM, body });
      const short = body.slice(0, 60_000);
      const path = random.pick([
        '/federate',
        '/api/v1/label/__name__/values',
        '/api/v1/metadata',
        '/api/v1/targets/metadata',
        '/loki/api/v1/label/app/values',
        '/api/v1/status/tsdb',
        '/api/v2/alerts',
        '/api/v1/rules',
      ]);
      await request(strike, { path: `${path}?${short}` });
      await request(strike, {
        path: `${random.pick(['/api/traces', '/api/v3/traces', '/api/services', '/api/operations', '/api/dependencies', '/api/search/tags', '/api/traces/zz', `/api/traces/${'0'.repeat(64)}`])}?limit=1000000000&service=honest&start=0&end=9999999999999999&tags=${encodeURIComponent('{'.repeat(1000))}`,
      });
    }),
};

/** Deletions without an end, and requests for administration. */
export const deletions: Attack = {
  name: 'deletions',
  strike: (strike) =>
    repeat(strike, 4, async (n) => {
      const query = encodeURIComponent(
        `{app="hostile${n}"} |~ ${JSON.stringify(strike.random.pick(REGEXES).slice(0, 2000))}`,
      );
      await request(strike, {
        method: 'POST',
        path: `/loki/api/v1/delete?query=${query}&start=0&end=${strike.random.pick(['10', '1', 'x', '99999999999'])}`,
        body: '',
      });
      await request(strike, { path: '/loki/api/v1/delete' });
      await request(strike, { method: 'POST', path: '/api/v1/admin/tsdb/delete_series?match[]=x', body: '' });
      await request(strike, {
        method: 'POST',
        path: strike.random.pick([
          '/-/quit',
          '/-/reload',
          '/api/v1/admin/tsdb/snapshot',
          '/flush',
          '/ingester/shutdown',
        ]),
        body: '',
      });
    }),
};
