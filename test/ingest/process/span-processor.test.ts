/** Rules over spans: random requests with a secret anywhere, and what each action makes of a span. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ByteReader, ByteWriter } from '../../../src/base/bytes.ts';
import { decodeOtlpTraces } from '../../../src/ingest/decode/otlp-traces.ts';
import type { ProcessorRule } from '../../../src/ingest/process/process-config.ts';
import { SpanProcessor } from '../../../src/ingest/process/span-processor.ts';
import type { SpanBatch } from '../../../src/model/batch.ts';
import { readSpanBatch, writeSpanBatch } from '../../../src/model/span-batch-bytes.ts';
import { decode, encode, messageArbitrary, type PlainMessage } from '../decode/otlp-arbitrary.ts';
import {
  drop,
  dropItem,
  hash,
  keep,
  processTelemetry,
  redact,
  rename,
  rule,
  ruleSet,
  SECRET,
  set,
} from './rules.ts';
import { requestWithSecrets } from './secrets.ts';

/** What storage gets of a request: the batch as the WAL would have it. */
async function stored(request: PlainMessage, ...rules: ProcessorRule[]): Promise<Buffer> {
  return storedOf(encode('TracesData', request), ...rules);
}

async function storedOf(body: Uint8Array, ...rules: ProcessorRule[]): Promise<Buffer> {
  const out = new ByteWriter();
  const inner = {
    append: async (batch: SpanBatch) => {
      writeSpanBatch(out, batch);
      return { accepted: batch.spanCount, refused: [], durable: Promise.resolve() };
    },
  };
  const processor = new SpanProcessor(ruleSet('traces', ...rules), processTelemetry());
  await processor.append(decodeOtlpTraces(body), { tenant: 'fake', nowMs: 0 }, inner);
  return Buffer.from(out.take());
}

interface PlainSpan {
  readonly resource: PlainMessage;
  readonly scope: PlainMessage;
  readonly span: PlainMessage;
}

/** The spans in plain form, in order. */
function plainSpans(bytes: Uint8Array): PlainSpan[] {
  if (bytes.length === 0) return [];
  const batch = readSpanBatch(new ByteReader(bytes));
  const piece = (start: Uint32Array, end: Uint32Array, i: number) => batch.bytes.subarray(start[i]!, end[i]!);
  return Array.from({ length: batch.spanCount }, (_, i) => ({
    resource: decode(
      'Resource',
      piece(batch.resourceStart, batch.resourceEnd, batch.spanResource[i]!),
      false,
    ),
    scope: decode(
      'InstrumentationScope',
      piece(batch.scopeStart, batch.scopeEnd, batch.spanScope[i]!),
      false,
    ),
    span: decode('Span', piece(batch.spanStart, batch.spanEnd, i), false),
  }));
}

/** Takes the secret out of every name and every text. */
const CLEAN = rule([drop(`*${SECRET}*`), redact('text', SECRET, { replacement: '' })]);

const HOLDS_ONE = { resourceSpans: [{ resource: {}, scopeSpans: [{ scope: {}, spans: [] as unknown[] }] }] };

function single(span: PlainMessage, resource: PlainMessage = {}, scope: PlainMessage = {}): PlainMessage {
  const ids = { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2) };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [{ ...ids, ...span }] }] }] };
}

const text = (value: string) => ({ stringValue: value });
const attribute = (key: string, value: unknown) => ({
  key,
  value: typeof value === 'string' ? text(value) : value,
});
const attributes = (of: Readonly<Record<string, unknown>>) =>
  Object.entries(of).map(([k, v]) => attribute(k, v));

describe('rules over spans', () => {
  it('leave nothing of a secret in what is stored, wherever it was', async () => {
    await fc.assert(
      fc.asyncProperty(requestWithSecrets('TracesData'), async (plain) => {
        const bytes = await stored(plain, CLEAN);
        assert.equal(bytes.indexOf(SECRET), -1);
      }),
    );
  });

  it('leave everything else as it is without them', async () => {
    await fc.assert(
      fc.asyncProperty(messageArbitrary('TracesData', 2), async (plain) => {
        const untouched = await stored(plain, rule([rename('no such name', 'x')]));
        assert.deepEqual(plainSpans(await stored(plain, CLEAN)), plainSpans(untouched));
        const body = encode('TracesData', plain);
        const given = decodeOtlpTraces(body);
        const kept = readSpanBatch(new ByteReader(untouched.length > 0 ? untouched : Buffer.alloc(3)));
        for (let i = 0; i < given.spanCount; i++) {
          const [a, b] = [given, kept].map((batch) =>
            Buffer.from(batch.bytes.subarray(batch.spanStart[i]!, batch.spanEnd[i]!)),
          );
          assert.deepEqual(b, a, 'a span that no rule is about keeps its bytes');
        }
        assert.deepEqual(kept.traceIds, given.traceIds);
        assert.deepEqual([...kept.startMs], [...given.startMs.subarray(0, given.spanCount)]);
      }),
    );
  });

  it('leave out of what they rewrite what nobody knows', async () => {
    const plain = single({ name: 'a' });
    const body = encode('TracesData', plain);
    const given = decodeOtlpTraces(body);
    const span = given.bytes.subarray(given.spanStart[0]!, given.spanEnd[0]!);
    // Field 99, length-delimited: no field of OTLP's.
    const foreign = Buffer.concat([span, Buffer.from([0x9a, 0x06, SECRET.length]), Buffer.from(SECRET)]);
    const scope = Buffer.concat([Buffer.from([0x12, foreign.length]), foreign]);
    const resource = Buffer.concat([Buffer.from([0x12, scope.length]), scope]);
    const request = Buffer.concat([Buffer.from([0x0a, resource.length]), resource]);
    assert.equal((await storedOf(request, CLEAN)).indexOf(SECRET), -1);
  });

  it('reach every kind of text and attribute', async () => {
    const nested = {
      arrayValue: {
        values: [
          text('x 4111111111111111'),
          { kvlistValue: { values: [attribute('k', 'c 4111111111111111')] } },
        ],
      },
    };
    const bytes = await stored(
      single(
        {
          name: 'pay 4111111111111111',
          traceState: 'a=4111111111111111',
          status: { message: 'no 4111111111111111', code: 2 },
          attributes: attributes({ n: nested, i: { intValue: '4111111111111111' }, ok: 'x' }),
          events: [{ name: 'e 4111111111111111', attributes: attributes({ a: '4111111111111111' }) }],
          links: [
            {
              traceId: Buffer.alloc(16, 3),
              spanId: Buffer.alloc(8, 4),
              attributes: attributes({ a: '4111111111111111' }),
            },
          ],
        },
        { attributes: attributes({ 'service.name': 's 4111111111111111' }) },
        { name: 'lib 4111111111111111', attributes: attributes({ a: '4111111111111111' }) },
      ),
      rule([redact('text', 'credit_card', { replacement: '#' })]),
    );
    const [{ resource, scope, span }] = plainSpans(bytes) as [PlainSpan];
    assert.deepEqual(resource.attributes, attributes({ 'service.name': 's #' }));
    assert.deepEqual([scope.name, scope.attributes], ['lib #', attributes({ a: '#' })]);
    assert.deepEqual(
      [span.name, span.traceState, span.status],
      ['pay #', 'a=#', { message: 'no #', code: 2 }],
    );
    const values = [text('x #'), { kvlistValue: { values: [attribute('k', 'c #')] } }];
    assert.deepEqual(span.attributes, attributes({ n: { arrayValue: { values } }, i: '#', ok: 'x' }));
    const [event] = span.events as PlainMessage[];
    assert.deepEqual([event!.name, event!.attributes], ['e #', attributes({ a: '#' })]);
    assert.deepEqual((span.links as PlainMessage[])[0]!.attributes, attributes({ a: '#' }));
  });

  const ONE = single(
    {
      name: 'GET',
      attributes: attributes({
        'http.url': '/a',
        'user.email': 'e',
        user: { kvlistValue: { values: [attribute('email', 'f'), attribute('id', '7')] } },
      }),
    },
    { attributes: attributes({ 'service.name': 'shop', zone: 'a' }) },
  );

  async function spanUnder(...rules: ProcessorRule[]): Promise<PlainSpan> {
    return plainSpans(await stored(ONE, ...rules))[0]!;
  }

  it('drop and keep names, also of maps within', async () => {
    const dropped = await spanUnder(rule([drop('user.email')]));
    const user = { kvlistValue: { values: [attribute('id', '7')] } };
    assert.deepEqual(dropped.span.attributes, attributes({ 'http.url': '/a', user }));
    const kept = await spanUnder(rule([keep('user.id')]));
    assert.deepEqual(kept.span.attributes, attributes({ user }));
    assert.deepEqual(kept.resource.attributes, attributes({ 'service.name': 'shop' }));
    const all = await spanUnder(rule([drop('*')]));
    assert.equal(all.span.attributes, undefined);
    assert.deepEqual(all.resource.attributes, attributes({ 'service.name': 'shop' }));
  });

  it('rename, hash and set, at the resource or the span', async () => {
    const renamed = await spanUnder(rule([rename('http.url', 'url.full'), hash('user.email')]));
    const [url, email, user] = renamed.span.attributes as { key: string; value: { stringValue: string } }[];
    assert.deepEqual([url!.key, email!.key, user!.key].sort(), ['url.full', 'user', 'user.email'].sort());
    assert.match(
      JSON.stringify(renamed.span.attributes),
      /"user.email","value":\{"stringValue":"[0-9a-f]{32}"/,
    );
    assert.doesNotMatch(JSON.stringify(renamed.span.attributes), /"stringValue":"[ef]"/);
    const put = await spanUnder(
      rule([set('env', 'prod'), set('by', 'rule', { place: 'item' }), set('zone', 'b', { ifMissing: true })]),
    );
    assert.deepEqual(put.resource.attributes, attributes({ 'service.name': 'shop', zone: 'a', env: 'prod' }));
    assert.ok((put.span.attributes as { key: string }[]).some(({ key }) => key === 'by'));
  });

  it('apply where their conditions are met, by resource, scope, span and name, in order', async () => {
    const applies = async (where: Record<string, string>) => {
      const { resource } = await spanUnder(rule([set('hit', '1')], where));
      return JSON.stringify(resource).includes('"hit"');
    };
    assert.ok(await applies({ 'service.name': 'sh.*' }));
    assert.ok(!(await applies({ 'service.name': 'sh' })));
    assert.ok(await applies({ 'http.url': '/a', zone: 'a' }));
    assert.ok(await applies({ 'span:name': 'G.T' }));
    assert.ok(!(await applies({ 'span:name': 'POST' })));
    assert.ok(await applies({ missing: '' }));
    assert.ok(!(await applies({ missing: '.+' })));
    const inOrder = await spanUnder(rule([rename('http.url', 'u')]), rule([drop('user*')], { u: '/a' }));
    assert.deepEqual(inOrder.span.attributes, attributes({ u: '/a' }));
  });

  it('make several resources of one where its spans meet different rules, and none of one without spans', async () => {
    const ids = (n: number) => ({ traceId: Buffer.alloc(16, n), spanId: Buffer.alloc(8, n) });
    const spans = [1, 2, 3].map((n) => ({
      ...ids(n),
      name: n === 3 ? 'health' : 'get',
      attributes: attributes({ n: String(n) }),
    }));
    const resource = { attributes: attributes({ 'service.name': 'shop', zone: 'z' }) };
    const plain = {
      resourceSpans: [
        { resource, scopeSpans: [{ spans }] },
        {
          resource: { attributes: attributes({ a: SECRET }) },
          scopeSpans: [{ spans: [{ ...ids(4), name: 'health' }] }],
        },
      ],
    };
    const bytes = await stored(
      plain,
      rule([dropItem], { 'span:name': 'health' }),
      rule([drop('zone')], { n: '1' }),
    );
    assert.equal(bytes.indexOf(SECRET), -1);
    const zones = plainSpans(bytes).map(({ resource: r }) => JSON.stringify(r).includes('zone'));
    assert.deepEqual(zones, [false, true]);
    assert.deepEqual(plainSpans(await stored(HOLDS_ONE, rule([dropItem]))), []);
  });
});
