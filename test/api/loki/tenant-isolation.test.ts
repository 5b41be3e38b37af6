/**
 * Tenants are apart: over random tenants, pushes and questions, every service of Loki's answers a tenant that shares its
 * storage with others exactly as it answers one that has a storage of its own; and several tenants see the union of
 * what each sees. Clients send labels and matchers of the reserved name, too.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LOKI_SERVICES } from '../../../src/api/loki/services.ts';
import { decodeLokiPushJson } from '../../../src/ingest/decode/loki-push-json.ts';
import type { ServiceRequest } from '../../../src/query/service.ts';
import type { LocalStorage } from '../../../src/storage/engine.ts';
import type { LogAppender, StorageReader } from '../../../src/storage/interface.ts';
import { tenantAppenders } from '../../../src/storage/tenant/tenant-appender.ts';
import { tenantReader } from '../../../src/storage/tenant/tenant-reader.ts';
import { openEngine, tempDir, withReader } from '../../storage/local-engine.ts';

const T = 1_767_268_800_000;
const TENANTS = ['a', 'b', 'b.c', 'fake', "x-1_(!)'*"];

interface Push {
  readonly tenant: string;
  readonly stream: Readonly<Record<string, string>>;
  readonly lines: readonly string[];
}

/** Values that tenants have in common, and ids of other tenants where a label of theirs could be mistaken. */
const stream = fc.record(
  {
    app: fc.constantFrom('x', 'y', 'a', 'b'),
    env: fc.constantFrom('p', 'q', 'b.c'),
    __tenant_id__: fc.constantFrom('a', 'b', 'fake', 'other'),
  },
  { requiredKeys: [] },
);
const push: fc.Arbitrary<Push> = fc.record({
  tenant: fc.constantFrom(...TENANTS),
  stream,
  lines: fc.array(fc.constantFrom('one', 'two', '{"k":"v"}', 'level=error msg=x'), {
    minLength: 1,
    maxLength: 4,
  }),
});

const SELECTORS = [
  '{app="x"}',
  '{app=~".+"}',
  '{app=~"x|y", env!="p"}',
  '{__tenant_id__="a"}',
  '{__tenant_id__=~"a|b|fake|.*c"}',
  '{app=~".+", __tenant_id__!="b"}',
  '{app=~".+", __tenant_id__=""}',
  '{service_name=~".+"}',
  '{original___tenant_id__="other"}',
];

/** Questions whose answers say something of what is stored. */
function questions(selector: string): [service: string, params: [string, string][], name?: string][] {
  const query: [string, string] = ['query', selector];
  const lines: [string, string][] = [
    ['limit', '1000'],
    ['direction', 'forward'],
  ];
  const metric = `sum by (app, __tenant_id__) (count_over_time(${selector}[1d]))`;
  return [
    ['loki.query_range', [query, ...lines]],
    ['loki.query_range', [['query', `${selector} | json | logfmt | detected_level!="x"`], ...lines]],
    [
      'loki.query',
      [
        ['query', metric],
        ['time', String(T / 1000 + 100)],
      ],
    ],
    ['loki.legacy_query', [query, ...lines]],
    ['loki.series', [['match[]', selector]]],
    ['loki.series', []],
    ['loki.labels', []],
    ['loki.labels', [query]],
    ['loki.label_values', [query], 'app'],
    ['loki.label_values', [], 'env'],
    ['loki.label_values', [], 'service_name'],
    ['loki.legacy_labels', []],
    ['loki.legacy_label_values', [], 'app'],
    ['loki.index_stats', [query]],
    ['loki.volume', [query]],
    [
      'loki.volume',
      [
        ['query', '{}'],
        ['aggregateBy', 'labels'],
      ],
    ],
    ['loki.volume_range', [query, ['step', '3600']]],
    ['loki.detected_labels', []],
    ['loki.detected_fields', [query]],
    ['loki.detected_field_values', [query], 'k'],
  ];
}

async function ask(
  storage: StorageReader,
  [service, params, name]: ReturnType<typeof questions>[number],
): Promise<unknown> {
  const range: [string, string][] = [
    ['start', String(T / 1000)],
    ['end', String(T / 1000 + 200)],
  ];
  const path: Record<string, string> = name === undefined ? {} : { name };
  const request: ServiceRequest = { params: [...params, ...range], path, headers: {}, nowMs: T };
  const answer = await LOKI_SERVICES[service]!(request, { storage, signal: new AbortController().signal });
  const text = Buffer.from(answer.body).toString();
  if (answer.status !== 200) return text;
  const body = JSON.parse(text);
  // How long it took, and how many pieces of storage were looked at, is nobody's data.
  delete body.stats;
  delete body.chunks;
  if (body.data) delete body.data.stats;
  if (Array.isArray(body.data)) body.data.sort((a: object, b: object) => (inOrder(a) < inOrder(b) ? -1 : 1));
  body.detectedLabels?.sort((a: object, b: object) => (inOrder(a) < inOrder(b) ? -1 : 1));
  return body;
}

async function askAll(storage: StorageReader, all: ReturnType<typeof questions>): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const question of all) answers.push(await ask(storage, question));
  return answers;
}

const inOrder = (value: object | string): string =>
  JSON.stringify(typeof value === 'string' ? value : Object.entries(value).sort());

let nextNs = 0n;

async function append(logs: LogAppender, { stream: labels, lines }: Push, ns: bigint): Promise<void> {
  const values = lines.map((line, i) => [String(ns + BigInt(i)), line]);
  const body = new TextEncoder().encode(JSON.stringify({ streams: [{ stream: labels, values }] }));
  await (await logs.append(decodeLokiPushJson(body, T + 1e6).batch)).durable;
}

interface Stored {
  readonly storage: LocalStorage;
  readonly dir: string;
}

async function open(): Promise<Stored> {
  const dir = tempDir();
  return { storage: await openEngine(dir), dir };
}

/** All pushes in one storage, and those of each tenant in one of its own; half of them flushed to blocks. */
async function fill(pushes: readonly Push[]): Promise<{ shared: Stored; own: Map<string, Stored> }> {
  const shared = await open();
  const appenders = tenantAppenders(shared.storage);
  const own = new Map<string, Stored>();
  for (const [i, one] of pushes.entries()) {
    const ns = BigInt(T) * 1_000_000n + ((nextNs += 1_000_000n) % 100_000_000_000n);
    let alone = own.get(one.tenant);
    if (!alone) own.set(one.tenant, (alone = await open()));
    await append(appenders(one.tenant).logs, one, ns);
    await append(alone.storage.logs, one, ns);
    if (i === pushes.length >> 1) await shared.storage.flush();
  }
  return { shared, own };
}

const read = <R>({ storage, dir }: Stored, by: (reader: StorageReader) => Promise<R>) =>
  withReader(storage, dir, by);

type Lines = { data: { result: { stream: Record<string, string>; values: [string, string][] }[] } };

/** Entries as text, with the labels of their streams. */
function linesOf(answer: unknown, tenant?: string): string[] {
  return (answer as Lines).data.result.flatMap(({ stream: given, values }) => {
    const { __tenant_id__: own, ...labels } = given;
    const renamed = {
      ...labels,
      ...(own !== undefined && { [tenant === undefined ? '__tenant_id__' : 'original___tenant_id__']: own }),
      ...(tenant !== undefined && { __tenant_id__: tenant }),
    };
    return values.map(([ns, line]) => `${inOrder(renamed)} ${ns} ${line}`);
  });
}

describe('tenants in one storage', () => {
  test('are answered as if each had its own', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(push, { minLength: 5, maxLength: 25 }),
        fc.shuffledSubarray(SELECTORS, { minLength: 3, maxLength: 3 }),
        async (pushes, selectors) => {
          const { shared, own } = await fill(pushes);
          for (const [tenant, alone] of own) {
            const all = selectors.flatMap(questions);
            const expected = await read(alone, (reader) => askAll(reader, all));
            const answers = await read(shared, (reader) => askAll(tenantReader(reader, [tenant]), all));
            for (const [i, question] of all.entries()) {
              assert.deepEqual(answers[i], expected[i], `${tenant}: ${JSON.stringify(question)}`);
            }
          }
          await Promise.all([shared, ...own.values()].map(({ storage }) => storage.close()));
        },
      ),
      { numRuns: 4 },
    );
  });

  test('that are asked for together are the union of them', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(push, { minLength: 5, maxLength: 25 }),
        fc.shuffledSubarray(TENANTS, { minLength: 2 }),
        fc.shuffledSubarray(TENANTS),
        async (pushes, tenants, wanted) => {
          const { shared, own } = await fill(pushes);
          const params: [string, string][] = [
            ['limit', '1000'],
            ['direction', 'forward'],
          ];
          const all = (extra = ''): ReturnType<typeof questions>[number] => [
            'loki.query_range',
            [['query', `{service_name=~".+"${extra}}`], ...params],
          ];
          const union = async (of: readonly string[]) => {
            const lines: string[] = [];
            for (const tenant of of) {
              const alone = own.get(tenant);
              if (alone) lines.push(...linesOf(await read(alone, (reader) => ask(reader, all())), tenant));
            }
            return lines.sort();
          };
          const asked = (question: ReturnType<typeof questions>[number]) =>
            read(shared, (reader) => ask(tenantReader(reader, [...tenants].sort()), question));
          assert.deepEqual(linesOf(await asked(all())).sort(), await union(tenants));
          const pattern = wanted.map((t) => t.replaceAll(/[.*()]/g, '[$&]')).join('|');
          const chosen = all(`, __tenant_id__=~"${pattern}"`);
          const both = tenants.filter((t) => wanted.includes(t));
          assert.deepEqual(linesOf(await asked(chosen)).sort(), await union(both), pattern);
          const others = all(`, __tenant_id__!~"${pattern}"`);
          const rest = tenants.filter((t) => !wanted.includes(t));
          assert.deepEqual(linesOf(await asked(others)).sort(), await union(rest), pattern);
          const named: ReturnType<typeof questions>[number] = ['loki.label_values', [], '__tenant_id__'];
          assert.deepEqual(await asked(named), { status: 'success', data: [...tenants].sort() });
          await Promise.all([shared, ...own.values()].map(({ storage }) => storage.close()));
        },
      ),
      { numRuns: 4 },
    );
  });
});
