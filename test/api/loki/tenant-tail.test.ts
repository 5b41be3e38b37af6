/** Following logs as a tenant: what comes is its own, under the labels that it sent. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { eventually } from '../../support/poll.ts';
import { temporaryServer } from '../../support/temporary-server.ts';

interface Frame {
  readonly streams: readonly { stream: Record<string, string>; values: [string, string][] }[];
}

test('a tail is of one tenant', { timeout: 60_000 }, async () => {
  const { server, dispose } = await temporaryServer(undefined, ['--multi-tenancy']);
  const path = '/loki/api/v1/tail?query=%7Bapp%3D%22x%22%7D';
  const push = async (tenant: string, line: string, more: Record<string, string> = {}) => {
    const values = [[String(BigInt(Date.now()) * 1_000_000n), line]];
    const body = JSON.stringify({ streams: [{ stream: { app: 'x', ...more }, values }] });
    const headers = { 'content-type': 'application/json', 'X-Scope-OrgID': tenant };
    const { status } = await fetch(`${server.base}/loki/api/v1/push`, { method: 'POST', headers, body });
    assert.equal(status, 204);
  };
  const refusal = (headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve) => {
      const socket = new WebSocket(server.base.replace('http', 'ws') + path, { headers });
      socket.on('unexpected-response', (_, answer) => resolve(answer.statusCode));
      socket.on('error', () => {});
    });
  const follow = async (tenant: string) => {
    const lines: string[] = [];
    const socket = new WebSocket(server.base.replace('http', 'ws') + path, {
      headers: { 'X-Scope-OrgID': tenant },
    });
    socket.on('message', (data) => {
      for (const { stream, values } of (JSON.parse(String(data)) as Frame).streams)
        lines.push(`${stream.__tenant_id__} ${values[0]![1]}`);
    });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return { lines, socket };
  };
  try {
    assert.deepEqual([await refusal({}), await refusal({ 'X-Scope-OrgID': 'a|b' })], [401, 400]);
    await push('a', 'backlog of a');
    await push('b', 'backlog of b');
    const tails = { a: await follow('a'), b: await follow('b'), fake: await follow('fake') };
    await push('b', 'b, live', { __tenant_id__: 'a' });
    await push('a', 'a, live');
    await push('fake', 'fake, live');
    await eventually(async () => {
      assert.deepEqual(tails.a.lines, ['undefined backlog of a', 'undefined a, live']);
      assert.deepEqual(tails.b.lines, ['undefined backlog of b', 'a b, live']);
      assert.deepEqual(tails.fake.lines, ['undefined fake, live']);
    });
    for (const { socket } of Object.values(tails)) socket.terminate();
  } finally {
    await dispose();
  }
});
