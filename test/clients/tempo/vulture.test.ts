/**
 * Tempo's own watcher: it pushes traces in several batches, reads them by id and compares them, searches them by tags and
 * by TraceQL, measures them, and keeps account of what is missing or wrong. `TRILITE_TEST_TEMPO_VULTURE` names the program,
 * `TRILITE_TEST_TEMPO_VULTURE_SECONDS` how long it looks (60).
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../../support/free-port.ts';
import { eventually } from '../../support/poll.ts';
import { startProgram } from '../../support/program.ts';
import { temporaryServer } from '../../support/temporary-server.ts';

const VULTURE = process.env.TRILITE_TEST_TEMPO_VULTURE;
const SKIP = VULTURE ? false : 'name tempo-vulture in TRILITE_TEST_TEMPO_VULTURE (it comes with Tempo)';
const SECONDS = Number(process.env.TRILITE_TEST_TEMPO_VULTURE_SECONDS ?? 60);
/** It waits for 30 seconds before it looks for what it wrote last. */
const START_MAX_MS = 90_000;

/** Flags that make it look often; the addresses are the test's. */
const FLAGS = [
  '-tempo-write-backoff-duration=5s',
  '-tempo-long-write-backoff-duration=5s',
  '-tempo-read-backoff-duration=1s',
  '-tempo-search-backoff-duration=2s',
  '-tempo-metrics-backoff-duration=2s',
];

/** Its counters by name and labels. */
async function counters(port: number): Promise<Map<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return new Map(
    Array.from(text.matchAll(/^(tempo_vulture_\S+) (\S+)$/gm), ([, name, value]) => [name!, Number(value)]),
  );
}

function assertSound(all: ReadonlyMap<string, number>, output: string): void {
  for (const [name, value] of all) {
    if (name.includes('error')) assert.equal(value, 0, `${name}: ${output.slice(-2000)}`);
  }
}

test('tempo-vulture finds nothing missing or wrong', { skip: SKIP }, async () => {
  const { server, dispose } = await temporaryServer();
  const port = await freePort();
  const vulture = startProgram(VULTURE!, [
    `-tempo-query-url=${server.base}`,
    `-tempo-push-url=http://${server.grpc}`,
    `-prometheus-listen-address=127.0.0.1:${port}`,
    ...FLAGS,
  ]);
  try {
    await eventually(async () => {
      const all = await counters(port);
      assert.ok((all.get('tempo_vulture_trace_total') ?? 0) > 5, vulture.output().slice(-1000));
    }, START_MAX_MS);
    const end = Date.now() + SECONDS * 1000;
    while (Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      assertSound(await counters(port), vulture.output());
    }
    const all = await counters(port);
    assert.ok(all.get('tempo_vulture_trace_total')! > SECONDS / 5);
    assertSound(all, vulture.output());
  } finally {
    await vulture.stop('SIGKILL');
    await dispose();
  }
});
