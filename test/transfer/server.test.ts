/** Export and import of a running server, and receivers that are busy, refuse or stay away. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { exportCommand } from '../../src/cli/export.ts';
import { importCommand } from '../../src/cli/import.ts';
import { DataTarget, databasePath } from '../../src/local-transfer.ts';
import { ServerSource } from '../../src/transfer/export-source.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';
import { batch, manySeries, manyStreams, pushMessage, seriesMessage, traces } from './generated.ts';
import { storedAt, storedIn } from './stored.ts';

let directory: string;
let data: string;
before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'trilite-server-'));
  data = join(directory, 'data');
  const target = await DataTarget.open(databasePath(data, true), assert.fail);
  const [first] = fc
    .sample(fc.tuple(manySeries, manyStreams, traces), { numRuns: 40, seed: 7 })
    .sort(
      (a, b) =>
        b[0].length + b[1].length + b[2].length / 1000 - (a[0].length + a[1].length + a[2].length / 1000),
    );
  const [series, streams, spans] = first!;
  await target.take(batch('samples', seriesMessage(series)));
  await target.take(batch('push-json', pushMessage(streams)));
  await target.take(batch('otlp-traces', spans));
  await target.close();
});
after(() => rmSync(directory, { recursive: true }));

async function command(run: typeof exportCommand | typeof importCommand, ...argv: string[]) {
  const lines: string[] = [];
  const say = (line: string) => lines.push(line);
  const code = await run(argv, { out: say, err: say }).catch((error: Error) => {
    say(error.message);
    return -1;
  });
  return { code, text: lines.join('\n') };
}

const ALL = ['--from=-20000000000', '--to=20000000000'];

/** Receivers add a service and a level where there is none. */
function withoutDiscovered(line: string): string {
  const [stream, ms, ns, text, pairs] = JSON.parse(line) as [string[], number, number, string, string[]];
  const without = (list: string[], name: string) =>
    list.filter((_, i) => list[i % 2 === 0 ? i : i - 1] !== name);
  return JSON.stringify([without(stream, 'service_name'), ms, ns, text, without(pairs, 'detected_level')]);
}

describe('a running server', () => {
  let own: TemporaryServer;
  before(async () => {
    own = await temporaryServer();
  });
  after(() => own.dispose());

  test('has all of a directory that was imported into it', async () => {
    const files = join(directory, 'files');
    const formats = ['--format', 'remote-write,loki-push,otlp', '--output', `${files}/`];
    assert.equal((await command(exportCommand, '--data', data, ...ALL, ...formats)).code, 0);
    const { code, text } = await command(importCommand, '--url', own.server.base, files);
    assert.equal(code, 0, text);
    const client = { followRedirects: false, httpHeaders: {} };
    const source = new ServerSource(new URL(own.server.base), {}, client, new AbortController().signal);
    const was = await storedIn(join(data, 'trilite.db'));
    const is = await storedAt(source);
    await source.close();
    assert.ok(was.metrics.length > 0 && was.logs.length > 0 && was.traces.length > 0);
    assert.deepEqual(is.logs.map(withoutDiscovered).sort(), was.logs.map(withoutDiscovered).sort());
    assert.deepEqual(is.traces, was.traces);
    const samples = (lines: readonly string[]) => lines.filter((line) => !line.startsWith('metadata'));
    assert.deepEqual(samples(is.metrics), samples(was.metrics));
  });

  test('says what is wrong with a question', async () => {
    const asked = ['--url', own.server.base, '--format', 'loki-push'];
    assert.match((await command(exportCommand, ...asked, '--match', '{')).text, /answers 400/);
    const { text } = await command(exportCommand, ...asked, '--to-url', own.server.base, '--resume', 'eA');
    assert.match(text, /position/);
  });
});

describe('a receiver', () => {
  let server: Server;
  let answer: (response: ServerResponse) => void;
  let asked = 0;
  before(async () => {
    server = createServer((request, response) => {
      request.resume().on('end', () => {
        asked++;
        answer(response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => server.close());
  const to = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/push`;
  const push = () =>
    command(exportCommand, '--data', data, ...ALL, '--format', 'loki-push', '--to-url', to());

  test('that is busy is asked again', async () => {
    asked = 0;
    answer = (response) => {
      if (asked === 1) response.writeHead(429, { 'Retry-After': '1' }).end('slow down');
      else response.writeHead(204).end();
    };
    const { code, text } = await push();
    assert.equal(code, 0, text);
    assert.match(text, /slow down; again in 1 s/);
    assert.equal(asked, 2);
  });

  test('that refuses has its words in the summary', async () => {
    answer = (response) => response.writeHead(400).end('entry too far behind');
    const { code, text } = await push();
    assert.equal(code, 1);
    assert.match(text, /exported 0 log entries\n {2}refused \d+ log entries: 400, .*entry too far behind/);
  });

  test('that asks for credentials ends the export', async () => {
    answer = (response) => response.writeHead(401).end('who are you?');
    const { code, text } = await push();
    assert.equal(code, -1);
    assert.match(text, /answers 401: who are you\?/);
  });
});
