/** Rules over log entries: random requests with a secret anywhere, every form of push, and what each action makes of an entry. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { uncompress } from 'snappyjs';
import { utf8Encode } from '../../../src/base/bytes.ts';
import { decodeLokiPush } from '../../../src/ingest/decode/loki-push.ts';
import { decodeLokiPushJson } from '../../../src/ingest/decode/loki-push-json.ts';
import { decodeOtlpLogs } from '../../../src/ingest/decode/otlp-logs.ts';
import { LogProcessor } from '../../../src/ingest/process/log-processor.ts';
import type { ProcessorRule } from '../../../src/ingest/process/process-config.ts';
import type { LogBatch } from '../../../src/model/batch.ts';
import { lokiPushBody, type PushEntry } from '../../support/loki-push.ts';
import { encode, messageArbitrary, type PlainMessage } from '../decode/otlp-arbitrary.ts';
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

/** What an appender gets; undefined where nothing is left. */
async function stored(batch: LogBatch, ...rules: ProcessorRule[]): Promise<LogBatch | undefined> {
  let got: LogBatch | undefined;
  const inner = {
    append: async (given: LogBatch) => {
      got = given;
      return { accepted: given.count, refused: [], durable: Promise.resolve() };
    },
  };
  await new LogProcessor(ruleSet('logs', ...rules), inner, processTelemetry()).append(batch);
  return got;
}

interface PlainEntry {
  readonly stream: Record<string, string>;
  readonly metadata: Record<string, string>;
  readonly line: string;
  readonly time: readonly [ms: number, ns: number];
}

function plainEntries(batch: LogBatch | undefined): PlainEntry[] {
  if (!batch) return [];
  return Array.from({ length: batch.count }, (_, i) => {
    const metadata: Record<string, string> = {};
    for (let p = i === 0 ? 0 : batch.pairEnd[i - 1]!; p < batch.pairEnd[i]!; p += 2) {
      metadata[batch.strings[batch.pairs[p]!]!] = batch.strings[batch.pairs[p + 1]!]!;
    }
    return {
      stream: batch.streams[batch.stream[i]!]!.toObject(),
      metadata,
      line: Buffer.from(batch.bytes.subarray(batch.lineStart[i]!, batch.lineEnd[i]!)).toString(),
      time: [batch.timeMs[i]!, batch.timeNs[i]!],
    };
  });
}

/** All that storage writes of a batch. */
function written(batch: LogBatch | undefined): string {
  if (!batch) return '';
  assert.equal(batch.packed, undefined);
  return JSON.stringify([batch.streams.map((s) => s.pairs), batch.strings, plainEntries(batch)]);
}

const otlp = (plain: PlainMessage) => decodeOtlpLogs(encode('LogsData', plain), 1767268800000).batch;

function pushed(labels: string, ...entries: (Partial<PushEntry> & { line: string })[]): LogBatch {
  const all = entries.map((e) => ({ ns: 1767268800000000000n, metadata: {}, ...e }));
  const packed = lokiPushBody(labels, all);
  const { batch } = decodeLokiPush(uncompress(packed), 1767268800000);
  return { ...batch, packed: { codec: 'snappy', bytes: packed } };
}

const CLEAN = rule([drop(`*${SECRET}*`), redact('text', SECRET, { replacement: '' })]);

/** Names that mean nothing fail a whole request, whatever rules say. */
const asDecoded = (plain: PlainMessage): LogBatch | undefined => {
  try {
    return otlp(plain);
  } catch {
    return undefined;
  }
};

describe('rules over log entries', () => {
  it('leave nothing of a secret in what is stored, wherever it was', async () => {
    await fc.assert(
      fc.asyncProperty(requestWithSecrets('LogsData'), async (plain) => {
        const batch = asDecoded(plain);
        if (batch) assert.equal(written(await stored(batch, CLEAN)).indexOf(SECRET), -1);
      }),
    );
  });

  it('leave everything else as it is without them', async () => {
    await fc.assert(
      fc.asyncProperty(messageArbitrary('LogsData', 2), async (plain) => {
        const batch = asDecoded(plain);
        if (!batch) return;
        const before = plainEntries(batch);
        assert.deepEqual(plainEntries(await stored(batch, CLEAN)), before);
        assert.deepEqual(
          plainEntries(await stored(batch, rule([set('a_rule', 'x', { place: 'item' }), drop('a_rule')]))),
          before,
        );
      }),
    );
  });

  it('hold for every form of push, and keep no copy of the request', async () => {
    const streams = [
      {
        stream: { app: `x${SECRET}` },
        values: [['1767268800000000000', `line ${SECRET}`, { k: `v ${SECRET}` }]],
      },
    ];
    const json = decodeLokiPushJson(utf8Encode(JSON.stringify({ streams })), 1767268800000).batch;
    const push = pushed(`{app="x${SECRET}"}`, { line: `line ${SECRET}`, metadata: { k: `v ${SECRET}` } });
    for (const batch of [json, push]) {
      const got = await stored(batch, CLEAN);
      assert.equal(written(got).indexOf(SECRET), -1);
      const [entry] = plainEntries(got);
      assert.deepEqual(entry!.stream, { app: 'x', service_name: 'x' });
      assert.deepEqual([entry!.line, entry!.metadata], ['line ', { detected_level: 'unknown', k: 'v ' }]);
    }
    const untouched = await stored(pushed('{app="a"}', { line: 'b' }), CLEAN);
    assert.equal(untouched!.packed, undefined);
  });

  it('leave strings out that no entry has any more', async () => {
    const got = await stored(
      pushed('{app="a"}', { line: 'x', metadata: { t: SECRET } }, { line: 'y', metadata: { k: 'v' } }),
      rule([dropItem], { t: '.+' }),
    );
    assert.deepEqual(
      plainEntries(got).map(({ line }) => line),
      ['y'],
    );
    assert.equal(written(got).indexOf(SECRET), -1);
  });

  const under = async (batch: LogBatch, ...rules: ProcessorRule[]) =>
    plainEntries(await stored(batch, ...rules));

  it('drop, keep, rename, hash and set labels and metadata', async () => {
    const batch = () =>
      pushed('{app="shop",pod="p-1"}', {
        line: 'l',
        metadata: { user_email: 'e', trace_id: 'a'.repeat(32) },
      });
    const [dropped] = await under(batch(), rule([drop('pod', 'user.email')]));
    assert.deepEqual(dropped!.stream, { app: 'shop', service_name: 'shop' });
    assert.deepEqual(Object.keys(dropped!.metadata), ['detected_level', 'trace_id']);
    const [kept] = await under(batch(), rule([keep('app')]));
    assert.deepEqual(
      [kept!.stream, Object.keys(kept!.metadata)],
      [{ app: 'shop', service_name: 'shop' }, ['detected_level', 'trace_id']],
    );
    const [renamed] = await under(
      batch(),
      rule([rename('user.email', 'enduser.mail'), rename('pod', 'k8s.pod')]),
    );
    assert.deepEqual(Object.keys(renamed!.metadata), ['detected_level', 'enduser_mail', 'trace_id']);
    assert.equal(renamed!.stream.k8s_pod, 'p-1');
    const [hashed] = await under(batch(), rule([hash('user.email', 'pod')]));
    assert.match(hashed!.metadata.user_email!, /^[0-9a-f]{32}$/);
    assert.match(hashed!.stream.pod!, /^[0-9a-f]{32}$/);
    const [put] = await under(batch(), rule([set('env', 'prod'), set('by.rule', 'x', { place: 'item' })]));
    assert.deepEqual([put!.stream.env, put!.metadata.by_rule], ['prod', 'x']);
  });

  it('make one stream of those that become equal, and leave none without a label', async () => {
    const streams = ['a', 'b'].map((pod) => ({ stream: { job: 'j', pod }, values: [['1', pod]] }));
    const json = decodeLokiPushJson(utf8Encode(JSON.stringify({ streams })), 1).batch;
    const got = await stored(json, rule([drop('pod')]));
    assert.equal(got!.streams.length, 1);
    assert.deepEqual(
      plainEntries(got).map(({ line }) => line),
      ['a', 'b'],
    );
    const [bare] = await under(json, rule([drop('job', 'pod', 'service_name')]));
    assert.deepEqual(bare!.stream, { service_name: 'unknown_service' });
  });

  it('do not leave in a derived name or level what they took away', async () => {
    const batch = () => pushed(`{app="${SECRET}"}`, { line: 'l', metadata: { level: SECRET } });
    const [dropped] = await under(batch(), rule([drop('app', 'level')]));
    assert.deepEqual(dropped!.stream, { service_name: 'unknown_service' });
    assert.deepEqual(dropped!.metadata, { detected_level: 'unknown' });
    const [hashed] = await under(batch(), rule([hash('app', 'level')]));
    assert.equal(hashed!.stream.service_name, hashed!.stream.app);
    assert.equal(hashed!.metadata.detected_level, hashed!.metadata.level);
    const [labelled] = await under(
      pushed(`{level="${SECRET}",app="a"}`, { line: 'l' }),
      rule([drop('level')]),
    );
    assert.deepEqual(labelled!.metadata, { detected_level: 'unknown' });
    const [sent] = await under(pushed('{service_name="s",app="a"}', { line: 'error' }), rule([drop('app')]));
    assert.deepEqual([sent!.stream, sent!.metadata], [{ service_name: 's' }, { detected_level: 'error' }]);
  });

  it('redact values under names, and no trace id', async () => {
    const id = '4111111111111111';
    const metadata = { trace_id: id.repeat(2), span_id: id, url: '/a?token=x', other: '/a?token=x' };
    const [got] = await under(
      pushed('{app="a"}', { line: 'token=x', metadata }),
      rule([redact('values', 'token=\\w+', { names: ['url'] }), redact('text', '\\d{16}')]),
    );
    assert.deepEqual(got!.metadata, { ...metadata, url: '/a?****', detected_level: 'unknown' });
    assert.equal(got!.line, 'token=x');
  });

  it('keep lines that are no UTF-8 as they are', async () => {
    const line = Buffer.from([0xff, 0xfe, 0x41]);
    const packed = lokiPushBody('{app="a"}', [{ ns: 1n, line, metadata: {} }]);
    const { batch } = decodeLokiPush(uncompress(packed), 1);
    const got = await stored(batch, rule([redact('text', 'zz')]));
    assert.deepEqual(Buffer.from(got!.bytes.subarray(got!.lineStart[0]!, got!.lineEnd[0]!)), line);
  });

  it('apply by labels and metadata, in order, and to no other entry', async () => {
    const batch = pushed(
      '{app="a"}',
      { line: '1', metadata: { k: 'x' } },
      { line: '2', metadata: { k: 'y' } },
    );
    const got = await under(
      batch,
      rule([set('hit', '1', { place: 'item' })], { app: 'a', k: 'x' }),
      rule([drop('k')], { hit: '1' }),
    );
    assert.deepEqual(
      got.map(({ metadata }) => metadata),
      [
        { detected_level: 'unknown', hit: '1' },
        { detected_level: 'unknown', k: 'y' },
      ],
    );
    const moved = await under(batch, rule([set('team', 'b')], { k: 'y' }));
    assert.deepEqual(
      moved.map(({ stream }) => stream.team),
      [undefined, 'b'],
    );
    assert.deepEqual(await under(batch, rule([dropItem])), []);
  });
});
