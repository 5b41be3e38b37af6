/** Loki push as its clients send it (Promtail's snappy protobuf, and gzipped JSON), read back entry by entry. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { getJson, type LabelSet, logEntries, postBody } from '../../support/http-api.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import { jsonPush, type PushStream, protobufPush } from './push-body.ts';

const PROMTAIL_HEADERS = {
  'content-type': 'application/x-protobuf',
  'user-agent': 'promtail/3.0.0',
  'x-scope-orgid': 'ignored-without-authentication',
};
const JSON_HEADERS = {
  'content-type': 'application/json',
  'content-encoding': 'gzip',
  'user-agent': 'vector/0.40',
};

const START_NS = BigInt(Date.now() - 120_000) * 1_000_000n;
const END_NS = START_NS + 3600n * 1_000_000_000n;
/** More than one request of Promtail's default size holds. */
const MANY = 3000;

/** Lines of every kind that a log file has, at times that differ in nanoseconds. */
function streamsOf(client: string): PushStream[] {
  const job = `varlogs-${client}`;
  return [
    {
      labels: { job, filename: '/var/log/app "one".log', host: 'höst-1' },
      entries: [
        { ns: START_NS + 1n, line: 'level=info msg="started" port=8080' },
        { ns: START_NS + 2n, line: 'level=error msg="it broke" code=7' },
        { ns: START_NS + 2n, line: 'same time, other line' },
        { ns: START_NS + 1_000_000_003n, line: '' },
        { ns: START_NS + 1_000_000_004n, line: 'tabs\tand "quotes" and \\ and ünïcode ✓ 日本' },
        { ns: START_NS + 1_000_000_005n, line: '{"level":"warn","nested":{"a":1}}' },
        {
          ns: START_NS + 1_000_000_006n,
          line: 'with metadata',
          metadata: { trace_id: '0af7651916cd43dd8448eb211c80319c', pod: 'app-7f' },
        },
      ],
    },
    {
      labels: { job, filename: '/var/log/many.log', host: 'höst-1' },
      entries: Array.from({ length: MANY }, (_, i) => ({
        ns: START_NS + 2_000_000_000n + BigInt(i) * 1_000_001n,
        line: `GET /item/${i} 200 ${i % 97}ms`,
      })),
    },
  ];
}

const LEVELS = ['info', 'error', 'unknown', 'unknown', 'unknown', 'warn', 'unknown'];
/** Promtail says nothing of a service: it is told from the labels. */
const withService = (labels: LabelSet) => ({ ...labels, service_name: labels.job! });

/** What was sent, as `logEntries` has it. */
function expected(stream: PushStream, levels: readonly string[]) {
  return stream.entries.map(({ ns, line, metadata }, i) => ({
    ns: String(ns),
    line,
    stream: withService(stream.labels),
    metadata: { ...metadata, detected_level: levels[i] ?? 'unknown' },
  }));
}

describe('Loki push', { timeout: 60_000 }, () => {
  let own: TemporaryServer;
  let base = '';
  before(async () => {
    own = await temporaryServer();
    base = own.server.base;
    const url = `${base}/loki/api/v1/push`;
    await postBody(url, PROMTAIL_HEADERS, protobufPush(streamsOf('promtail')));
    await postBody(url, JSON_HEADERS, gzipSync(jsonPush(streamsOf('json'))));
  });
  after(() => own?.dispose());

  for (const client of ['promtail', 'json']) {
    const [mixed, many] = streamsOf(client) as [PushStream, PushStream];
    const job = `varlogs-${client}`;

    test(`${client}: every entry is read back with its nanosecond, line and metadata`, async () => {
      const byText = (a: { ns: string; line: string }, b: { ns: string; line: string }) =>
        a.ns + a.line < b.ns + b.line ? -1 : 1;
      const got = await logEntries(base, `{job="${job}", filename=~".*one.*"}`, START_NS, END_NS);
      assert.deepEqual(got.sort(byText), expected(mixed, LEVELS).sort(byText));
      const all = await logEntries(base, `{job="${job}", filename="/var/log/many.log"}`, START_NS, END_NS);
      assert.deepEqual(all, expected(many, []));
    });

    test(`${client}: time bounds are inclusive at the start, exclusive at the end`, async () => {
      const at = (i: number) => many.entries[i]!.ns;
      const got = await logEntries(base, `{job="${job}", filename="/var/log/many.log"}`, at(10), at(20));
      assert.deepEqual(
        got.map(({ line }) => line),
        many.entries.slice(10, 20).map(({ line }) => line),
      );
    });

    test(`${client}: filters, parsers and metadata find their lines`, async () => {
      const lines = async (query: string) => {
        const entries = await logEntries(base, query, START_NS, END_NS);
        return entries.map(({ line }) => line);
      };
      assert.deepEqual(await lines(`{job="${job}"} |= "✓ 日本"`), [mixed.entries[4]!.line]);
      assert.deepEqual(await lines(`{job="${job}"} | logfmt | code = 7`), [mixed.entries[1]!.line]);
      assert.deepEqual(await lines(`{job="${job}"} | pod = "app-7f"`), ['with metadata']);
      assert.deepEqual(await lines(`{job="${job}"} | json | nested_a = 1`), [mixed.entries[5]!.line]);
      const slow = many.entries.filter((_, i) => i % 97 === 96).map(({ line }) => line);
      assert.deepEqual(await lines(`{job="${job}"} | pattern "GET <path> <_> <took>" | took = 96ms`), slow);
    });

    test(`${client}: counts are those of what was sent`, async () => {
      const time = String(END_NS);
      const count = async (query: string) => {
        interface Answer {
          readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
        }
        const { data } = await getJson<Answer>(base, '/loki/api/v1/query', { query, time });
        return data.result.map(({ value }) => value[1]);
      };
      const entries = MANY + mixed.entries.length;
      const bytes = [mixed, many]
        .flatMap((stream) => stream.entries)
        .reduce((sum, { line }) => sum + Buffer.byteLength(line), 0);
      assert.deepEqual(await count(`sum(count_over_time({job="${job}"}[2h]))`), [String(entries)]);
      assert.deepEqual(await count(`sum(bytes_over_time({job="${job}"}[2h]))`), [String(bytes)]);
      const took = many.entries.reduce((sum, _, i) => sum + (i % 97), 0);
      const unwrapped = `sum(sum_over_time({job="${job}"} | pattern "GET <_> 200 <took>ms" | unwrap took | __error__="" [2h]))`;
      assert.deepEqual(await count(unwrapped), [String(took)]);
    });

    test(`${client}: labels and series`, async () => {
      const range = { start: String(START_NS), end: String(END_NS) };
      const query = `{job="${job}"}`;
      const labels = await getJson<{ data: string[] }>(base, '/loki/api/v1/labels', { ...range, query });
      assert.deepEqual(labels.data, ['filename', 'host', 'job', 'service_name']);
      const values = await getJson<{ data: string[] }>(base, '/loki/api/v1/label/filename/values', {
        ...range,
        query,
      });
      assert.deepEqual(values.data, ['/var/log/app "one".log', '/var/log/many.log']);
      const series = await getJson<{ data: LabelSet[] }>(base, '/loki/api/v1/series', {
        ...range,
        'match[]': query,
      });
      assert.deepEqual(
        series.data.sort((a, b) => (a.filename! < b.filename! ? -1 : 1)),
        [withService(mixed.labels), withService(many.labels)],
      );
    });
  }

  test('a retry of the same request stores nothing twice', async () => {
    await postBody(`${base}/loki/api/v1/push`, PROMTAIL_HEADERS, protobufPush(streamsOf('promtail')));
    const got = await logEntries(base, '{job="varlogs-promtail"}', START_NS, END_NS);
    assert.equal(got.length, MANY + LEVELS.length);
  });
});
