/** OpenTelemetry's Zipkin exporter for Node: what it can say in Zipkin's words comes as it was meant. */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import { getJson } from '../../support/http-api.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';

/** The exporter is the one that the SDK brings. */
const sdkRequire = createRequire(createRequire(import.meta.url).resolve('@opentelemetry/sdk-node'));
const { ZipkinExporter } = sdkRequire('@opentelemetry/exporter-zipkin');
const { resourceFromAttributes } = sdkRequire('@opentelemetry/resources');

describe("OpenTelemetry's Zipkin exporter for Node", { timeout: 60_000 }, () => {
  let own: TemporaryServer;
  before(async () => {
    own = await temporaryServer();
  });
  after(() => own?.dispose());

  test('spans at the port of every API', async () => {
    const exporter = new ZipkinExporter({ url: `${own.server.base}/api/v2/spans` });
    const provider = new tracing.BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'shop', 'host.name': 'h1', team: 'blue' }),
      spanProcessors: [new tracing.SimpleSpanProcessor(exporter)],
    });
    const startMs = Math.floor(Date.now() / 1000) * 1000 - 5000;
    const tracer = provider.getTracer('tracer', '1');
    const attributes = { text: 'größe', whole: 3, half: 0.5, flag: true, list: ['a', 'b'] };
    const root = tracer.startSpan('root', { kind: SpanKind.SERVER, startTime: startMs, attributes });
    root.addEvent('loaded', { size: 2 }, startMs + 10);
    const inside = trace.setSpan(context.active(), root);
    const child = tracer.startSpan('child', { startTime: startMs + 20 }, inside);
    child.setStatus({ code: SpanStatusCode.ERROR });
    child.end(startMs + 30);
    root.end(startMs + 100);
    await provider.shutdown();

    const { traceId } = root.spanContext();
    const { trace: told } = await getJson<{ trace: { resourceSpans: TestResourceSpans[] } }>(
      own.server.base,
      `/api/v2/traces/${traceId}`,
    );
    // A request for each span: the resource is the same.
    assert.equal(told.resourceSpans.length, 1);
    const resource = plain(told.resourceSpans[0]!.resource.attributes);
    assert.deepEqual([resource['service.name'], resource['host.name']], ['shop', 'h1']);
    const spans = told.resourceSpans[0]!.scopeSpans.flatMap((scope) => scope.spans);
    const [first, second] = spans.sort((a, b) => (a.startTimeUnixNano < b.startTimeUnixNano ? -1 : 1));
    assert.deepEqual(
      [first!.name, first!.kind, first!.startTimeUnixNano, first!.endTimeUnixNano],
      ['root', 'SPAN_KIND_SERVER', `${startMs}000000`, `${startMs + 100}000000`],
    );
    const texts = { text: 'größe', whole: '3', half: '0.5', flag: 'true', list: 'a,b', team: 'blue' };
    assert.deepEqual(plain(first!.attributes), texts);
    assert.deepEqual(first!.events, [{ timeUnixNano: `${startMs + 10}000000`, name: 'loaded' }]);
    assert.deepEqual(
      [second!.name, second!.parentSpanId, second!.status],
      ['child', first!.spanId, { code: 'STATUS_CODE_ERROR' }],
    );
  });
});

interface TestSpan {
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
  readonly events?: readonly object[];
  readonly status: object;
}

interface TestResourceSpans {
  readonly resource: Pick<TestSpan, 'attributes'>;
  readonly scopeSpans: readonly { readonly spans: readonly TestSpan[] }[];
}

function plain(attributes: TestSpan['attributes']): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
