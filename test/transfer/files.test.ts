/** Files that are wrong, cut off or of somebody else: what is said of them, and that nothing else than an error comes of any bytes. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { parseExportFlags } from '../../src/cli/export-flags.ts';
import { otlpJsonToProtobuf } from '../../src/ingest/decode/otlp-json.ts';
import { decodeOtlpTraces } from '../../src/ingest/decode/otlp-traces.ts';
import { TriliteError } from '../../src/model/errors.ts';
import { OTLP_REQUEST } from '../../src/model/otlp-schema.ts';
import type { ImportBatch } from '../../src/transfer/import-batch.ts';
import { importFile } from '../../src/transfer/import-run.ts';
import { timeText } from '../../src/transfer/openmetrics-text.ts';
import { otlpJsonText } from '../../src/transfer/otlp-json-text.ts';
import { contents } from '../storage/span-contents.ts';
import { traces } from './generated.ts';

let directory: string;
let made = 0;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'trilite-files-'));
});
after(() => rmSync(directory, { recursive: true }));

async function read(content: string | Uint8Array): Promise<ImportBatch[]> {
  const path = join(directory, String(++made));
  writeFileSync(path, content);
  const out: ImportBatch[] = [];
  await importFile(path, undefined, { take: async (batch) => void out.push(batch) });
  return out;
}

const OPENMETRICS =
  '# TYPE a counter\na_total{x="1"} 1 1.5\na_total{x="1"} 2 2.5 # {trace_id="t"} 2 2\n# EOF\n';
const TEXT = '# TYPE a counter\na_total{x="1"} 1 1500\n';
const LOKI = '{"streams":[{"stream":{"a":"b"},"values":[["1","x"],["2","y",{"k":"v"}]]}]}\n';
const OTLP =
  '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"00f067aa0ba902b7","startTimeUnixNano":"1"}]}]}]}\n';

const kindsOf = (batches: readonly ImportBatch[]) => batches.map((b) => [b.kind, b.items, b.exemplars]);

describe('a file', () => {
  test('is known by what is in it', async () => {
    const samples = ['samples', 2, 1];
    assert.deepEqual(kindsOf(await read(OPENMETRICS)), [samples, ['metadata', 1, 0]]);
    assert.deepEqual(kindsOf(await read(gzipSync(OPENMETRICS))), [samples, ['metadata', 1, 0]]);
    assert.deepEqual(kindsOf(await read(TEXT)), [
      ['samples', 1, 0],
      ['metadata', 1, 0],
    ]);
    assert.deepEqual(kindsOf(await read(LOKI + LOKI)), [['push-json', 4, 0]]);
    assert.deepEqual(kindsOf(await read(zstdCompressSync(LOKI))), [['push-json', 2, 0]]);
    assert.deepEqual(kindsOf(await read(OTLP)), [['otlp-traces', 1, 0]]);
    assert.deepEqual(await read(''), []);
  });

  test('that is wrong is told of with its line', async () => {
    const wrong: readonly (readonly [string | Uint8Array, RegExp])[] = [
      [OPENMETRICS.replace('2 2.5', 'x 2.5'), /:3: .*x/],
      [OPENMETRICS.replace('# EOF\n', 'b 1\n# EOF\n'), /:4: the sample has no timestamp/],
      [`${LOKI}${LOKI.replace('"1"', '"one"')}`, /:2: /],
      [`${OTLP}${OTLP.replace('00f067aa0ba902b7', 'zz')}`, /:2: /],
      ['{"resourceMetrics":[]}', /:1: metrics are imported as/],
      [gzipSync(OPENMETRICS).subarray(0, 30), /unexpected end/],
      [Uint8Array.of(0, 0, 0, 9, 0x22, 0), /cut off/],
      ['\u0001\u0002', /nothing that can be imported/],
      ['{"some":"json"}', /nothing that can be imported/],
    ];
    for (const [content, message] of wrong) await assert.rejects(read(content), message);
  });

  test('of any bytes is read or refused', async () => {
    const seeds = [OPENMETRICS, TEXT, LOKI, OTLP].map((text) => Buffer.from(text));
    const damaged = fc
      .tuple(fc.constantFrom(...seeds), fc.nat(200), fc.uint8Array({ maxLength: 6 }))
      .map(([seed, at, bytes]) => {
        const cut = at % seed.length;
        return Buffer.concat([seed.subarray(0, cut), bytes, seed.subarray(cut + bytes.length)]);
      });
    const framed = fc.uint8Array({ maxLength: 60 }).map((bytes) => {
      const head = Buffer.alloc(4);
      head.writeUInt32BE(bytes.length);
      return Buffer.concat([head, bytes]);
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged, framed, fc.uint8Array({ maxLength: 40 })), async (bytes) => {
        await read(bytes).catch((error) => assert.ok(error instanceof TriliteError, String(error.stack)));
      }),
      { numRuns: 300 },
    );
  });
});

test('OTLP as JSON says what the message says', () => {
  fc.assert(
    fc.property(traces, (message) => {
      const json = otlpJsonText(OTLP_REQUEST.traces, message);
      const again = otlpJsonToProtobuf('traces', Buffer.from(json));
      assert.deepEqual(contents([decodeOtlpTraces(again)]), contents([decodeOtlpTraces(message)]));
    }),
    { numRuns: 50 },
  );
});

test('seconds are cut off to the millisecond that was meant', () => {
  fc.assert(
    fc.property(fc.integer({ min: -(10 ** 13), max: 10 ** 13 }), (ms) => {
      assert.equal(Math.trunc(Number(timeText(ms)) * 1000), ms);
    }),
    { numRuns: 2000 },
  );
});

test('flags that contradict each other are told', async () => {
  const wrong: readonly (readonly [string[], RegExp])[] = [
    [['--format', 'csv'], /none of openmetrics/],
    [[], /say --output DIR/],
    [['--format', 'otlp,otlp-json', '--output', 'x/'], /two formats for traces/],
    [['--format', 'openmetrics', '--to-url', 'http://x'], /--format remote-write/],
    [['--format', 'loki-push', '--resume', 'x'], /--resume is for --to-url/],
    [['--format', 'loki-push', '--from', 'never'], /no time/],
    [['--format', 'loki-push', '--data', 'd', '--url', 'http://x'], /exclude each other/],
  ];
  for (const [argv, message] of wrong) await assert.rejects(parseExportFlags(argv, undefined), message);
  const flags = await parseExportFlags(
    [
      '--format',
      'remote-write',
      '--to-url',
      'http://u:p@x/w',
      '--username',
      'me',
      '--password-file',
      '/dev/null',
    ],
    undefined,
  );
  // What is for the server is not for the receiver.
  assert.match(flags!.toHeaders.Authorization!, /^Basic dTpw$/);
});
