/** The tools for coding agents: the protocol, and each tool on a server with a little of everything. */

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { mcpCommand } from '../../src/cli/mcp.ts';
import { type GuardedServer, guardedServer } from '../support/guarded-server.ts';
import { postBody } from '../support/http-api.ts';
import { sendSpans } from '../support/otlp-spans.ts';

const TRACE = '5b8efff798038103d269b633813fc60c';
const JSON_TYPE = { 'content-type': 'application/json' };
const nowMs = Date.now() - 1000;

interface Reply {
  readonly id: unknown;
  readonly result?: {
    readonly protocolVersion?: string;
    readonly tools?: readonly { readonly name: string; readonly inputSchema: { readonly type: string } }[];
    readonly content?: readonly { readonly type: string; readonly text: string }[];
    readonly isError?: boolean;
  };
  readonly error?: { readonly code: number; readonly message: string };
}

describe('tools for coding agents', () => {
  let server: GuardedServer;
  let base: string;

  before(async () => {
    server = await guardedServer('');
    base = `http://127.0.0.1:${server.running.http[0]!.port}`;
    const root = {
      service: 'shop',
      traceId: TRACE,
      id: '1'.padStart(16, '0'),
      name: 'POST /order',
      kind: 'server',
    } as const;
    const child = {
      service: 'stock',
      traceId: TRACE,
      id: '2'.padStart(16, '0'),
      parent: root.id,
      name: 'SELECT',
    } as const;
    await sendSpans(base, [
      { ...root, startMs: nowMs, durationMs: 300, attributes: { 'order.id': 7 } },
      { ...child, startMs: nowMs + 10, durationMs: 200, error: 'deadlock' },
    ]);
    const values = [[`${nowMs}000000`, 'cannot reach stock', { trace_id: TRACE }]];
    const streams = [{ stream: { service_name: 'shop' }, values }];
    await postBody(`${base}/loki/api/v1/push`, JSON_TYPE, JSON.stringify({ streams }));
    const dataPoints = [{ timeUnixNano: `${nowMs}000000`, asDouble: 4.5 }];
    const body = {
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'queue_length', gauge: { dataPoints } }] }] }],
    };
    await postBody(`${base}/v1/metrics`, JSON_TYPE, JSON.stringify(body));
  });
  after(() => server.running.stop());

  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${base}/mcp`, { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body });
  async function ask(method: string, params: object = {}): Promise<Reply> {
    const answer = await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    assert.equal(answer.status, 200);
    return (await answer.json()) as Reply;
  }
  async function call(name: string, given: object = {}): Promise<string> {
    const { result } = await ask('tools/call', { name, arguments: given });
    assert.equal(result?.isError, undefined, result?.content?.[0]?.text);
    return result!.content![0]!.text;
  }

  it('agree on a revision of the protocol, and list themselves', async () => {
    assert.equal(
      (await ask('initialize', { protocolVersion: '2025-03-26' })).result?.protocolVersion,
      '2025-03-26',
    );
    assert.equal(
      (await ask('initialize', { protocolVersion: '1999' })).result?.protocolVersion,
      '2025-11-25',
    );
    const { result } = await ask('tools/list');
    const names = result!.tools!.map(({ name }) => name);
    assert.deepEqual(names, [
      'list_services',
      'query_traces',
      'get_trace',
      'query_logs',
      'query_metrics',
      'mark',
      'what_changed',
    ]);
    for (const { inputSchema } of result!.tools!) assert.equal(inputSchema.type, 'object');
  });

  it('answer notifications with nothing, and what is no message with an error', async () => {
    const noted = await post('{"jsonrpc":"2.0","method":"notifications/initialized"}');
    assert.deepEqual([noted.status, await noted.text()], [202, '']);
    const code = async (body: string) => ((await (await post(body)).json()) as Reply).error?.code;
    assert.equal(await code('{'), -32700);
    assert.equal(await code('[]'), -32600);
    assert.equal(await code('{"id":1,"method":"ping"}'), -32600);
    assert.equal((await ask('tools/other')).error?.code, -32601);
    assert.equal((await ask('tools/call', { name: 'none' })).error?.code, -32602);
    assert.equal((await fetch(`${base}/mcp`)).status, 405);
  });

  it('are not for pages of elsewhere', async () => {
    const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    assert.equal((await post(ping, { origin: 'http://evil.example' })).status, 403);
    assert.equal((await post(ping, { origin: 'http://localhost:6274' })).status, 200);
  });

  it('ask in the three languages', async () => {
    assert.match(await call('query_metrics', { query: 'queue_length' }), /^1 series\nqueue_length.* 4.5$/);
    assert.match(
      await call('query_metrics', { query: 'queue_length', start: '-5m', step: '1m' }),
      /min 4.5, mean 4.5, max 4.5/,
    );
    assert.match(
      await call('query_logs', { query: '{service_name="shop"}' }),
      new RegExp(
        `1 lines\\n.* \\[error trace=${TRACE}\\].* cannot reach stock|1 lines\\n.*trace=${TRACE}.*cannot reach stock`,
      ),
    );
    assert.match(
      await call('query_logs', { query: 'sum(count_over_time({service_name="shop"}[1h]))' }),
      / 1$/,
    );
    assert.match(
      await call('query_traces', { query: '{ status = error }' }),
      new RegExp(`1 traces\\n${TRACE} .* shop: POST /order \\(2 spans, 1 failed\\)`),
    );
    assert.match(await call('query_traces', { query: '{} | count_over_time() by (name)' }), /2 series/);
  });

  it('show a trace as a tree with its lines, and services', async () => {
    const text = await call('get_trace', { trace_id: TRACE });
    assert.match(
      text,
      /- shop: POST \/order \(server\) \+0 µs 300 ms .*\n {4}order.id=7\n {2}- stock: SELECT \(internal\) \+10 ms 200 ms ERROR deadlock/,
    );
    assert.match(text, /logs: 1 lines[\s\S]*cannot reach stock$/);
    assert.doesNotMatch(await call('get_trace', { trace_id: TRACE, logs: false }), /logs:/);
    assert.match(await call('get_trace', { trace_id: '1' }), /there is no trace 1/);
    const services = await call('list_services');
    assert.match(services, /^2 services\nshop\n {2}POST \/order \(server\): 1 spans, p95/);
    assert.match(services, /stock\n {2}SELECT \(internal\): 1 spans, 1 failed/);
  });

  it('show what changed since a mark', async () => {
    const since = new Date(nowMs - 60_000).toISOString();
    const text = await call('what_changed', { since });
    assert.match(text, /▲ stock: SELECT \(internal\): – → 1 spans/);
    assert.match(text, /queue_length: – → 1 series/);
    assert.match(
      await call('what_changed', {
        since: await call('mark'),
        until: new Date(Date.now() + 1000).toISOString(),
      }),
      /operations that are gone/,
    );
  });

  it('tell their caller what it asked wrongly', async () => {
    const wrong = async (name: string, given: object) => {
      const { result } = await ask('tools/call', { name, arguments: given });
      assert.equal(result?.isError, true);
      return result!.content![0]!.text;
    };
    assert.match(await wrong('query_metrics', { query: 'sum(' }), /parse error/);
    assert.match(await wrong('query_metrics', {}), /query must be a text/);
    assert.match(
      await wrong('query_logs', { query: '{a="b"}', limit: 0 }),
      /limit must be a whole number from 1 to 500/,
    );
    assert.match(await wrong('query_traces', { query: '{}', start: 'soon' }), /start: "soon" is no time/);
    assert.match(await wrong('get_trace', { trace_id: 'x' }), /hexadecimal/);
  });

  it('are spoken over standard input and output too', async () => {
    const lines: string[] = [];
    const output = { out: (line: string) => lines.push(line), err: () => {} };
    const asked = {
      jsonrpc: '2.0',
      id: 'a',
      method: 'tools/call',
      params: { name: 'query_metrics', arguments: { query: '1 + 1' } },
    };
    const input = Readable.from([
      `${JSON.stringify(asked)}\n`,
      '{"jsonrpc":"2.0","method":"notifications/initialized"}\n',
    ]);
    assert.equal(await mcpCommand(['--url', base], output, input), 0);
    const [reply, ...others] = lines.map((line) => JSON.parse(line) as Reply);
    assert.deepEqual([reply!.id, reply!.result?.content?.[0]?.text, others], ['a', '2', []]);
  });
});
