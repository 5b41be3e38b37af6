/** The newest lines and traces, and how to send. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recentLines, recentTraces } from '../../../../src/ui/views/home/recent.ts';
import { sendTexts } from '../../../../src/ui/views/home/send.ts';

test('lines of all streams come newest first, and long ones are cut', () => {
  const answer = {
    data: {
      result: [
        { stream: { service_name: 'a' }, values: [['1700000000001000000', 'x'.repeat(1000)] as const] },
        { stream: { service_name: 'b' }, values: [['1700000000002999999', 'new'] as const] },
        { stream: { service_name: 'c' }, values: [['1600000000000000000', 'old'] as const] },
      ],
    },
  };
  const lines = recentLines(answer, 2);
  assert.deepEqual(
    lines.map(({ atMs, labels }) => [atMs, labels.service_name]),
    [
      [1_700_000_000_002, 'b'],
      [1_700_000_000_001, 'a'],
    ],
  );
  assert.ok(lines[1]!.line.length < 500);
});

test('traces come newest first; what an answer leaves out is empty', () => {
  assert.deepEqual(recentTraces({}, 5), []);
  const traces = [
    { traceID: '1', startTimeUnixNano: '1700000000000000000' },
    { traceID: '2', startTimeUnixNano: '1700000001000000000', rootServiceName: 's', durationMs: 3 },
  ];
  assert.deepEqual(recentTraces({ traces }, 5), [
    { id: '2', service: 's', name: '', atMs: 1_700_000_001_000, durationMs: 3 },
    { id: '1', service: '', name: '', atMs: 1_700_000_000_000, durationMs: 0 },
  ]);
});

test('the texts to copy name the address that the page came from', () => {
  const texts = sendTexts('https://tri.example/behind').map(({ text }) => text);
  assert.ok(texts.some((text) => text.includes('OTEL_EXPORTER_OTLP_ENDPOINT=https://tri.example/behind\n')));
  assert.ok(texts.some((text) => text.includes('https://tri.example/behind/api/v1/write')));
  assert.ok(texts.some((text) => text.includes('https://tri.example/behind/loki/api/v1/push')));
});
