/**
 * Spans of py_zipkin, in both encodings: what comes is what was meant, and a call of which both halves have one id is
 * found by either. Its packages lie in the virtual environment that `test/clients/python/setup.sh` makes.
 */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { getJson, postBody } from '../../support/http-api.ts';
import { runProgram, skipUnless } from '../../support/program.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';

const VENV = process.env.TRILITE_TEST_PYTHON_VENV ?? path.join(import.meta.dirname, '../python/.venv');
const skip = skipUnless(
  existsSync(path.join(VENV, 'ready')),
  `no Python environment in ${VENV}: run test/clients/python/setup.sh`,
);

interface Span {
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: string;
  readonly attributes?: readonly { readonly key: string; readonly value: object }[];
  readonly events?: readonly { readonly name: string }[];
  readonly status: { readonly code?: string };
}

interface TraceAnswer {
  readonly trace: {
    readonly resourceSpans: readonly {
      readonly resource: Pick<Span, 'attributes'>;
      readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
    }[];
  };
}

interface Told {
  readonly traceId: string;
  readonly root: string;
  readonly half: string;
}

const hex = (base64: string | undefined) => base64 && Buffer.from(base64, 'base64').toString('hex');

function plain(attributes: Span['attributes'] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

describe('py_zipkin', { timeout: 110_000, skip }, () => {
  let own: TemporaryServer;
  const told: Told[] = [];

  before(async () => {
    own = await temporaryServer(undefined, ['--zipkin', '127.0.0.1:0']);
  });
  after(() => own?.dispose());

  for (const encoding of ['V2_JSON', 'V2_PROTO3']) {
    test(encoding, async () => {
      const address = /zipkin\+http:\/\/(\S+)/.exec(own.server.readyLine)![1];
      // Clients of half that length are still about.
      const traceId = randomBytes(encoding === 'V2_JSON' ? 8 : 16).toString('hex');
      const printed = await runProgram(
        path.join(VENV, 'bin/python'),
        [path.join(import.meta.dirname, 'app.py')],
        {
          ZIPKIN_URL: `http://${address}/api/v2/spans`,
          ZIPKIN_ENCODING: encoding,
          ZIPKIN_TRACE_ID: traceId,
        },
      );
      const telling = { traceId, ...JSON.parse(printed) } as Told;
      await check(telling);
      told.push(telling);
    });
  }

  test('all of it after a flush and a compaction', async () => {
    await postBody(`${own.server.base}/-/flush?compact=true`, {}, '');
    assert.equal(told.length, 2);
    for (const telling of told) await check(telling);
  });

  async function check({ traceId, root, half }: Told): Promise<void> {
    const { base } = own.server;
    const { trace } = await getJson<TraceAnswer>(base, `/api/v2/traces/${traceId}`);
    const spans = trace.resourceSpans.flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...plain(resource.attributes), span }))),
    );
    assert.equal(spans.length, 3);
    const of = (service: string, kind: string) => {
      const found = spans.filter((s) => s['service.name' as never] === service && s.span.kind === kind);
      assert.equal(found.length, 1, `${service} ${kind}`);
      return found[0]!.span;
    };
    const server = of('shop', 'SPAN_KIND_SERVER');
    assert.deepEqual([hex(server.spanId), server.parentSpanId, server.name], [root, undefined, 'POST /buy']);
    assert.deepEqual(plain(server.attributes), {
      'cart.items': '3',
      müsli: 'größe ✓',
      'network.local.address': '127.0.0.1',
      'net.host.port': '8080',
    });
    assert.deepEqual(
      server.events?.map((event) => event.name),
      ['cart.loaded'],
    );
    const client = of('shop', 'SPAN_KIND_CLIENT');
    assert.deepEqual([hex(client.spanId), hex(client.parentSpanId)], [half, root]);
    assert.equal(client.status.code, 'STATUS_CODE_ERROR');
    assert.equal(plain(client.attributes)['service.peer.name'], 'till');
    // The server's half has an id of its own, below the client's.
    const charge = of('till', 'SPAN_KIND_SERVER');
    assert.notEqual(charge.spanId, client.spanId);
    assert.equal(hex(charge.parentSpanId), half);
    assert.equal(plain(charge.attributes)['till.number'], '7');
    await checkSearches(traceId);
  }

  async function checkSearches(traceId: string): Promise<void> {
    const { base } = own.server;
    const id = traceId.padStart(32, '0');
    const queries: [q: string, matched: number][] = [
      ['{ name = "charge" }', 2],
      ['{ resource.service.name = "till" && kind = server }', 1],
      ['{ resource.service.name = "shop" && kind = client && status = error }', 1],
      ['{ name = "POST /buy" } > { kind = client }', 1],
      ['{ resource.service.name = "shop" } >> { resource.service.name = "till" }', 1],
    ];
    for (const [q, matched] of queries) {
      const own = q.replaceAll('{ ', `{ trace:id = "${id}" && `);
      const { traces } = await getJson<{ traces: { spanSets: { matched: number }[] }[] }>(
        base,
        '/api/search',
        { q: own },
      );
      assert.deepEqual(
        traces.map((t) => t.spanSets[0]!.matched),
        [matched],
        q,
      );
    }
    // Jaeger's view of the same.
    const jaeger = await getJson<{ data: { spans: unknown[]; processes: object }[] }>(
      base,
      `/jaeger/api/traces/${id}`,
    );
    assert.deepEqual([jaeger.data[0]!.spans.length, Object.keys(jaeger.data[0]!.processes).length], [3, 2]);
  }
});
