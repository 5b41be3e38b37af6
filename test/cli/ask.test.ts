/** `trilite ask` against a running server: each signal in each form, what is told beside, exit codes. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { askCommand } from '../../src/cli/ask.ts';
import { SLOW, sendJoinedSignals } from '../support/joined-signals.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';

let temporary: TemporaryServer;
before(async () => {
  temporary = await temporaryServer();
  await sendJoinedSignals(temporary.server.base, Date.now());
});
after(() => temporary.dispose());

async function ask(...argv: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const output = { out: (line: string) => out.push(line), err: (line: string) => err.push(line) };
  const code = await askCommand([...argv, '--url', temporary.server.base], output);
  return { code, out, told: err.join('\n') };
}

describe('trilite ask', () => {
  test('lines of slow traces', async () => {
    const { code, out, told } = await ask('logs', '--traceql', '{ duration > 2s }', '--logql', '|= "error"');
    assert.equal(code, 0);
    assert.equal(out.length, 1);
    assert.match(out[0]!, /^\d{4}-.*Z {2}checkout {2}level=error msg="card was refused"/);
    assert.match(told, /^traces 1, lines 1$/);
  });

  test('numbers of them', async () => {
    const logql = 'sum by (service_name) (count_over_time({service_name=~".+"} |= "error" [1h]))';
    const { out } = await ask('logs', '--traceql', '{}', '--logql', logql);
    assert.deepEqual(out, ['{service_name="checkout"}  2']);
  });

  test('traces of lines, as JSON a line', async () => {
    const { code, out, told } = await ask('traces', '--logql', '{} |= "refused"', '--output', 'jsonl');
    assert.equal(code, 0);
    assert.deepEqual(
      out.map((line) => (JSON.parse(line) as { traceId: string }).traceId),
      [SLOW],
    );
    assert.match(told, /lines 1, lines without id 0, ids 1, ids without trace 0, matched 1/);
  });

  test('metrics of a trace, and by what they were found', async () => {
    const { out, told } = await ask(
      'metrics',
      '--trace',
      SLOW,
      '--promql',
      'max by (instance) (queue_length)',
    );
    assert.equal(out.length, 1);
    assert.match(out[0]!, /^\{instance="checkout-1"\} {2}\d+$/);
    assert.match(told, /instance: \{instance="checkout-1"\} \(2 series\)/);
    assert.match(told, /host: \{instance=~"host-a.*"\} \(1 series\)/);
  });

  test('the answer as it came', async () => {
    const { out } = await ask('traces', '--logql', '{} |= "refused"', '--output', 'json');
    const { across, traces } = JSON.parse(out.join('')) as { across: { ids: number }; traces: unknown[] };
    assert.deepEqual([across.ids, traces.length], [1, 1]);
  });

  test('nothing, faults, and no server have exit codes of their own', async () => {
    assert.equal((await ask('logs', '--traceql', '{ duration > 1h }')).code, 1);
    await assert.rejects(ask('logs', '--traceql', '{ what'), /TraceQL/);
    await assert.rejects(ask('logs', '--sincee', '1h'), /see trilite ask --help/);
    await assert.rejects(ask('moon'), /one of logs, traces, metrics/);
    const output = { out: () => {}, err: () => {} };
    assert.equal(await askCommand(['logs', '--traceql', '{}', '--url', 'http://127.0.0.1:1'], output), 3);
    assert.match((await ask('--help')).out.join('\n'), /^Usage: trilite ask/);
  });
});
