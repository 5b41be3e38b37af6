/** What is done to a trace before it is shown, and left undone where the raw one is asked for; summaries are of the adjusted one. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, attribute, NOW_MS, ofService, resourceSpans, START_S, span, stored } from './spans.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const id = (n: number) => n.toString(16).padStart(16, '0');

type Requests = Parameters<typeof stored>[0];

interface Shown {
  readonly spans: readonly {
    readonly spanID: string;
    readonly operationName: string;
    readonly duration: number;
    readonly references: readonly { readonly spanID: string; readonly refType: string }[];
    readonly tags: readonly { readonly key: string; readonly value: unknown }[];
    readonly processID: string;
    readonly warnings: readonly string[] | null;
  }[];
  readonly processes: Readonly<Record<string, { readonly tags: readonly { readonly key: string }[] }>>;
}

async function shown(requests: Requests, params: Record<string, string> = {}): Promise<Shown> {
  const { status, json, text } = await ask(stored(requests), 'jaeger.trace', params, { id: TRACE });
  assert.equal(status, 200, text);
  return json.data[0];
}

function onHost(host: string | undefined, ...spans: Parameters<typeof resourceSpans>[2]) {
  const attributes = [attribute('service.name', 'shop')];
  if (host !== undefined) attributes.push(attribute('host.name', host));
  return resourceSpans({ attributes }, {}, spans);
}

async function warningsOf(...requests: Requests[number]): Promise<Record<string, readonly string[] | null>> {
  const { spans } = await shown([requests]);
  return Object.fromEntries(spans.map((s) => [Number.parseInt(s.spanID, 16), s.warnings]));
}

const root = span({ traceId: TRACE, spanId: id(1) }, 100, 100);
const child = (n: number, atMs: number, ms: number, parent = 1) =>
  span({ traceId: TRACE, spanId: id(n), parentSpanId: id(parent) }, atMs, ms);
const delta = (text: string) => [`clock skew adjustment disabled; not applying calculated delta of ${text}`];

test('clocks: by how much a child on another host is off', async () => {
  const found = await warningsOf(
    onHost('a', root, child(2, 0, 10)),
    onHost(
      'b',
      child(3, 150, 20),
      child(4, 50, 20),
      child(5, 190, 30),
      child(6, 90, 200),
      child(7, 110, 200),
    ),
    onHost('b', child(8, 0, 1, 4)),
    onHost('a', child(9, 100, 5, 8)),
  );
  assert.deepEqual(found, {
    1: null,
    // On the host of its parent no clock is off.
    2: null,
    3: null,
    // To the middle of its parent.
    4: delta('90ms'),
    5: delta('-55ms'),
    // Longer than its parent: not before it.
    6: delta('10ms'),
    7: null,
    // As much as its parent, which is on the same host.
    8: delta('90ms'),
    // Back on the first host it is measured anew: it outlived its parent.
    9: null,
  });
});

test('clocks: without a host every span is on one of its own; times stay as they were', async () => {
  assert.deepEqual(await warningsOf(onHost(undefined, root, child(2, 0, 10))), {
    1: null,
    2: delta('145ms'),
  });
  const hosts = [
    attribute('host.ip', { arrayValue: { values: [{ stringValue: '10.0.0.1' }] } }),
    attribute('host.id', 'h'),
    attribute('host.ip', '10.0.0.1'),
  ];
  for (const host of hosts) {
    const resource = { attributes: [host] };
    assert.deepEqual(await warningsOf(resourceSpans(resource, {}, [root, child(2, 0, 10)])), {
      1: null,
      2: null,
    });
  }
});

test('parents that are missing, ids that are there twice, spans in a circle', async () => {
  const missing = 'parent span ID=0000000000000009 is not in the trace; skipping clock skew adjustment';
  assert.deepEqual(await warningsOf(onHost('a', root, child(2, 110, 10, 9))), { 1: null, 2: [missing] });
  const twice = await shown([[onHost('a', root, child(2, 110, 10), child(2, 120, 20))]]);
  assert.deepEqual(
    twice.spans.map((s) => s.warnings),
    [null, null, ['duplicate span IDs; skipping clock skew adjustment']],
  );
  assert.deepEqual(await warningsOf(onHost(undefined, child(1, 0, 1, 2), child(2, 9, 1, 1))), {
    1: null,
    2: null,
  });
});

test('a span that does not end after it starts', async () => {
  const ends = 'Negative duration detected, sanitizing end timestamp. Original end timestamp: ';
  const { spans } = await shown([[ofService('shop', span({ traceId: TRACE, spanId: id(1) }, 5.25, -3))]]);
  const adjusted = '2026-01-01 12:00:00.002250001 +0000 UTC';
  assert.equal(spans[0]!.duration, 0);
  assert.deepEqual(spans[0]!.warnings, [
    `${ends}2026-01-01 12:00:00.00225 +0000 UTC, adjusted to: ${adjusted.replace('02250001', '05250001')}`,
  ]);
});

test('addresses, library attributes, empty links', async () => {
  const attributes = [
    attribute('telemetry.sdk.name', 'otel'),
    attribute('telemetry.sdk.language', 'go'),
    attribute('ip', { intValue: '16909060' }),
    attribute('peer.ipv4', { doubleValue: 3232235777 }),
    attribute('other', { intValue: '1' }),
  ];
  const links = [{ traceId: '', spanId: id(9) }];
  const resource = {
    attributes: [attribute('service.name', 'shop'), attribute('telemetry.sdk.language', 'js')],
  };
  const requests = [
    [resourceSpans(resource, {}, [span({ traceId: TRACE, spanId: id(1), attributes, links })])],
  ];
  const { spans, processes } = await shown(requests);
  assert.deepEqual(
    spans[0]!.tags.map(({ key, value }) => [key, value]),
    [
      ['ip', '1.2.3.4'],
      ['other', 1],
      ['peer.ipv4', '192.168.1.1'],
      ['telemetry.sdk.language', 'go'],
    ],
  );
  assert.deepEqual(spans[0]!.references, []);
  assert.deepEqual(spans[0]!.warnings, [
    'conflicting values between Span and Resource for attribute telemetry.sdk.language',
    'Invalid span link removed',
  ]);
  assert.deepEqual(
    processes.p1!.tags.map(({ key }) => key),
    ['telemetry.sdk.language', 'telemetry.sdk.name'],
  );
  const raw = await shown(requests, { raw: 'true' });
  assert.equal(raw.spans[0]!.tags.find(({ key }) => key === 'ip')!.value, 16909060);
  assert.deepEqual([raw.spans[0]!.tags.length, raw.spans[0]!.references.length], [5, 1]);
  assert.equal(raw.spans[0]!.warnings, null);
});

test('halves of a call that share an id are told apart, unless they are wanted raw', async () => {
  const requests = [
    [
      onHost('a', span({ traceId: TRACE, spanId: id(7), kind: 3, name: 'client' }, 0, 100)),
      onHost(
        'b',
        span({ traceId: TRACE, spanId: id(7), kind: 2, name: 'server' }, 10, 50),
        child(8, 20, 5, 7),
      ),
    ],
  ];
  const { spans } = await shown(requests);
  assert.deepEqual(
    spans.map((s) => [s.operationName, s.spanID, s.references[0]?.spanID]),
    [
      ['client', id(7), undefined],
      ['server', id(1), id(7)],
      ['op', id(8), id(1)],
    ],
  );
  const raw = await shown(requests, { raw: '1' });
  assert.deepEqual(
    raw.spans.map((s) => s.spanID),
    [id(7), id(7), id(8)],
  );
});

test('a link to the parent says how it is referred to', async () => {
  const links = [
    { traceId: TRACE, spanId: id(1), attributes: [attribute('opentracing.ref_type', 'follows_from')] },
  ];
  const linked = span({ traceId: TRACE, spanId: id(2), parentSpanId: id(1), links }, 110, 1);
  const { spans } = await shown([[onHost('a', root, linked)]]);
  assert.deepEqual(spans[1]!.references, [{ refType: 'FOLLOWS_FROM', traceID: TRACE, spanID: id(1) }]);
});

test('summaries: root, extent, counts', async () => {
  const storage = stored([
    [
      ofService('web', root, child(2, 110, 10), child(3, 120, 500, 9)),
      ofService(
        'db',
        span({ traceId: TRACE, spanId: id(4), parentSpanId: id(2), status: { code: 2 } }, 90, 1),
      ),
    ],
  ]);
  const range = {
    'query.startTimeMin': new Date(START_S * 1000).toISOString(),
    'query.startTimeMax': new Date(NOW_MS).toISOString(),
  };
  const { status, json } = await ask(storage, 'jaeger.summariesV3', range);
  assert.equal(status, 200);
  assert.deepEqual(json, {
    summaries: [
      {
        traceId: TRACE,
        rootServiceName: 'web',
        rootOperationName: 'op',
        minStartTimeUnixNano: `${START_S}090000000`,
        maxEndTimeUnixNano: `${START_S}620000000`,
        spanCount: 4,
        errorSpanCount: 1,
        orphanSpanCount: 1,
        services: [
          { name: 'db', spanCount: 1, errorSpanCount: 1 },
          { name: 'web', spanCount: 3 },
        ],
      },
    ],
  });
  const none = await ask(storage, 'jaeger.summariesV3', { ...range, 'query.serviceName': 'nobody' });
  assert.deepEqual(none.json, { summaries: [] });
});
