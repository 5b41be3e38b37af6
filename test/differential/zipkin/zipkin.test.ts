/**
 * Random requests of Zipkin's to a real Tempo and to Trilite, in both encodings: both must have the same traces then. What
 * docs/compat/zipkin.md names as different is not among them.
 */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { RESOURCE_TAGS } from '../../../src/ingest/decode/zipkin-resource-tags.ts';
import { listOfSpans, type PlainSpan, spanArbitrary } from '../../ingest/decode/zipkin-arbitrary.ts';
import { eventually } from '../../support/poll.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import { type RunningTempo, runTempo, TEMPO } from '../jaeger-ingest/run-tempo.ts';
import { spansIn, type Trace } from '../trace-text.ts';

const REQUESTS = Number(process.env.TRILITE_TEST_ZIPKIN_REQUESTS ?? 40);
const skip = TEMPO === undefined && 'TRILITE_TEST_TEMPO does not say where Tempo is';

interface Target {
  /** Where traces are read, and where spans go. */
  readonly base: string;
  readonly spans: string;
}

const value = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes('|')),
  fc.constantFrom('true', 'Ok', 'Error', 'STATUS_CODE_OK', 'OK', 'internal', '500', ''),
);
const packed = fc
  .tuple(
    value,
    fc.dictionary(fc.string({ maxLength: 5 }), fc.oneof(value, fc.integer(), fc.boolean(), fc.constant(0.5))),
  )
  .map(([name, attributes]) => `${name}|${JSON.stringify(attributes)}|${Object.keys(attributes).length}`);
const link = fc.constantFrom(
  `${'ab'.repeat(16)}|${'cd'.repeat(8)}|k=v|{"a":"b|c","n":1}|3`,
  `"${'ab'.repeat(16)}"|"${'cd'.repeat(8)}"||{}|0`,
);
const key = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }) },
  {
    weight: 5,
    arbitrary: fc.constantFrom('error', 'otel.status_code', 'otel.status_description', 'w3c.tracestate'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('net.host.port', 'service.peer.name', 'otel.zipkin.absentField.startTime'),
  },
);
/** What all spans of a service have in common: the originals take it from one of them, and not from the same one. */
const ofService = fc.dictionary(
  fc.constantFrom(...RESOURCE_TAGS, 'otlp.service.name.source'),
  value.filter(Boolean),
  {
    maxKeys: 4,
  },
);

const requestArbitrary = fc.record({
  spans: fc.array(
    fc.record({
      span: spanArbitrary,
      tags: fc.dictionary(key, value, { maxKeys: 5 }),
      kindTag: fc.boolean(),
      library: fc.constantFrom('', 'lib-a', 'lib-b'),
      link: fc.option(link, { nil: undefined }),
      annotations: fc.array(fc.oneof(value, packed), { maxLength: 3 }),
      isHalf: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  services: fc.record({ a: ofService, b: ofService, größe: ofService }),
});

/** The request with ids of its own, so that no two are of one trace, and with times of today, as which Tempo takes them. */
function ofTrace(
  { spans, services }: typeof requestArbitrary extends fc.Arbitrary<infer T> ? T : never,
  traceId: string,
): PlainSpan[] {
  const nowUs = Date.now() * 1000;
  return spans.map(({ span, tags, kindTag, library, link, annotations, isHalf }, i) => {
    const service = span.localEndpoint?.serviceName;
    const timestamp = nowUs - ((span.timestamp ?? 1) % 60_000_000);
    return {
      ...span,
      traceId,
      // Two halves of one span at most: which gets which new id of more is up to the order.
      id: (isHalf && i === 1 ? 1 : i + 1).toString(16).padStart(16, '0'),
      ...(isHalf && i === 1 && { kind: 'SERVER', shared: true }),
      ...(i === 0 && { kind: 'CLIENT' }),
      timestamp,
      annotations: annotations.map((text, n) => ({ timestamp: timestamp + n, value: text })),
      tags: {
        ...tags,
        ...(service && services[service as keyof typeof services]),
        ...(kindTag && { 'span.kind': 'internal' }),
        ...(library && { 'otel.library.name': library, 'otel.library.version': `of ${library}` }),
        ...(link && { 'otlp.link.0': link }),
      },
    };
  });
}

describe("Zipkin's spans, in Tempo and here", { skip, timeout: 300_000 }, () => {
  let own: TemporaryServer;
  let tempo: RunningTempo;
  let targets: Target[];

  before(async () => {
    own = await temporaryServer();
    tempo = await runTempo(own.dir);
    const { base } = own.server;
    targets = [
      { base: tempo.target.base, spans: `http://${tempo.zipkin}` },
      { base, spans: base },
    ];
  });
  after(async () => {
    await tempo?.program.stop('SIGKILL');
    await own?.dispose();
  });

  async function read({ base }: Target, id: string): Promise<string[]> {
    const answer = await fetch(`${base}/api/v2/traces/${id}`, { headers: { accept: 'application/json' } });
    assert.equal(answer.status, 200, `${base} ${id}`);
    const spans = spansIn(((await answer.json()) as { trace: Trace }).trace);
    assert.ok(spans.length > 0, `${base} ${id} is empty`);
    return spans;
  }

  for (const type of ['application/json', 'application/x-protobuf']) {
    it(`${type}: ${REQUESTS} requests`, async () => {
      for (const [i, random] of fc.sample(requestArbitrary, REQUESTS).entries()) {
        const prefix = type === 'application/json' ? 'a' : 'b';
        const id = (prefix + i.toString(16).padStart(7, '0')).padStart(32, '0');
        const spans = ofTrace(random, id);
        const body = type === 'application/json' ? JSON.stringify(spans) : listOfSpans(spans);
        for (const target of targets) {
          const headers = { 'content-type': type };
          const answer = await fetch(`${target.spans}/api/v2/spans`, { method: 'POST', headers, body });
          assert.equal(
            answer.status,
            202,
            `${target.spans}: ${await answer.text()}\n${JSON.stringify(spans)}`,
          );
        }
        const [want, got] = await Promise.all(targets.map((target) => eventually(() => read(target, id))));
        assert.deepEqual(got, want, `request ${i}: ${JSON.stringify(spans)}`);
      }
    });
  }
});
