/** Anything that is stored, out to files and in again: the same bit by bit where the format can say it. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { exportCommand } from '../../src/cli/export.ts';
import { importCommand } from '../../src/cli/import.ts';
import { decodeOtlpTraces } from '../../src/ingest/decode/otlp-traces.ts';
import { DataTarget, databasePath } from '../../src/local-transfer.ts';
import { contents } from '../storage/span-contents.ts';
import { batch, manySeries, manyStreams, pushMessage, seriesMessage, traces } from './generated.ts';
import { metricLines, storedIn } from './stored.ts';

const RUNS = 2;
let directory: string;
let made = 0;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'trilite-transfer-'));
});
after(() => rmSync(directory, { recursive: true }));

const fresh = () => join(directory, String(++made));

async function filled(metrics: Uint8Array, logs: Uint8Array | undefined, spans: Uint8Array): Promise<string> {
  const data = fresh();
  const target = await DataTarget.open(databasePath(data, true), assert.fail);
  await target.take(batch('samples', metrics));
  if (logs) await target.take(batch('push-json', logs));
  await target.take(batch('otlp-traces', spans));
  await target.close();
  assert.equal(
    target.tallies.reduce((n, t) => n + t.refused, 0),
    0,
  );
  return data;
}

async function command(run: typeof exportCommand | typeof importCommand, ...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(argv, { out: (line) => out.push(line), err: (line) => err.push(line) });
  return { code, out, err };
}

const path = (data: string) => join(data, 'trilite.db');
/** Wider than any time that is generated. */
const ALL = ['--from=-20000000000', '--to=20000000000'];

describe('what is stored', () => {
  test('comes back from files of messages bit by bit', async () => {
    const everything = fc.tuple(manySeries, manyStreams, traces);
    await fc.assert(
      fc.asyncProperty(everything, async ([series, streams, spans]) => {
        const metrics = seriesMessage(series);
        const data = await filled(metrics, streams.length > 0 ? pushMessage(streams) : undefined, spans);
        const was = await storedIn(path(data));
        const sent = metricLines({ kind: 'message', message: metrics, items: 0, exemplars: 0 });
        assert.deepEqual(
          was.metrics.filter((line) => !line.startsWith('metadata')),
          [...new Set(sent)].sort(),
        );
        assert.deepEqual(was.traces, contents([decodeOtlpTraces(spans)]));
        const files = fresh();
        const formats = ['--format', 'remote-write,loki-push,otlp-json', '--output', `${files}/`];
        const { code } = await command(exportCommand, '--data', data, ...ALL, ...formats);
        assert.equal(code, 0);
        const copy = fresh();
        assert.equal((await command(importCommand, '--data', copy, files)).code, 0);
        assert.deepEqual(await storedIn(path(copy)), was);
        // Once more changes nothing.
        assert.equal((await command(importCommand, '--data', copy, files)).code, 0);
        assert.deepEqual(await storedIn(path(copy)), was);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  });
});
