/** The shapes refuse what Grafana's server has been seen to fail on, and take what it takes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as jaeger from './jaeger-shapes.ts';
import * as loki from './loki-shapes.ts';
import * as prometheus from './prometheus-shapes.ts';
import { assertShape, type Shape } from './shape.ts';
import * as tempo from './tempo-shapes.ts';
import { checkTrace, checkTraceById } from './trace-bytes.ts';

const vector = (rest: string) => `{"status":"success","data":{"resultType":"vector","result":[${rest}]}}`;
const logs = (data: string) => `{"status":"success","data":{${data}}}`;
const FLAGS = '"encodingFlags":["categorize-labels"]';
const STREAMS = '"resultType":"streams"';
const entry = (rest: string) =>
  `"result":[{"stream":{"app":"x"},"values":[["1795222000000000000","hi"${rest}]]}]`;
const span = (rest: string) =>
  `{"data":[{"traceID":"1","spans":[{"traceID":"1","spanID":"2","operationName":"o","processID":"p1",${rest}}],"processes":{"p1":{"serviceName":"s"}}}]}`;

const GOOD: readonly (readonly [string, Shape])[] = [
  [vector('{"metric":{},"value":[1795222000.1,"1e+06"]}'), prometheus.queryAnswer],
  ['{"status":"success","data":{"result":[1,"2"],"resultType":"scalar"}}', prometheus.queryAnswer],
  [logs(`${STREAMS},${FLAGS},${entry(',{"structuredMetadata":{"a":"b"}}')}`), loki.queryAnswer],
  [logs(`${STREAMS},${FLAGS},${entry(',null')}`), loki.queryAnswer],
  [logs(`${STREAMS},${entry('')}`), loki.plainQueryAnswer],
  ['{"traces":[{"traceID":"1","durationMs":5,"startTimeUnixNano":"1"}]}', tempo.searchAnswer],
  [span('"startTime":1,"duration":2,"tags":null'), jaeger.tracesAnswer],
];

const BAD: readonly (readonly [string, Shape])[] = [
  [vector('{"metric":{},"value":[1,2]}'), prometheus.queryAnswer],
  [vector('{"metric":{},"value":["1","2"]}'), prometheus.queryAnswer],
  [vector('{"metric":{},"value":[1,""]}'), prometheus.queryAnswer],
  [vector('{"metric":{"code":200},"value":[1,"2"]}'), prometheus.queryAnswer],
  [
    vector('{"metric":{},"histogram":[1,{"count":"1","sum":"1","buckets":[[0,"1","2"]]}]}'),
    prometheus.queryAnswer,
  ],
  ['{"status":"success","data":{"result":[]}}', prometheus.queryAnswer],
  ['{"status":"success","warnings":"w","data":{"resultType":"vector","result":[]}}', prometheus.queryAnswer],
  ['{"status":"success","data":{"m":[]}}', prometheus.metadataAnswer],
  ['{"status":"success","data":{"version":"3.5.0","features":{"x":true}}}', prometheus.buildinfoAnswer],
  [logs(`${STREAMS},${FLAGS},${entry('')}`), loki.queryAnswer],
  [logs(`${STREAMS},${entry(',{"parsed":{}}')},${FLAGS}`), loki.queryAnswer],
  [logs(`${STREAMS},${entry(',{}')}`), loki.plainQueryAnswer],
  [logs(`${STREAMS},${FLAGS},${entry(',{"a":"b"}')}`), loki.queryAnswer],
  [logs(`${STREAMS},${FLAGS},${entry(',{"parsed":{"a":1}}')}`), loki.queryAnswer],
  [logs(`${STREAMS},${FLAGS},"result":[{"values":[],"stream":{}}]`), loki.queryAnswer],
  [logs(`${STREAMS},${FLAGS},"result":[{"stream":{},"values":[],"foo":1}]`), loki.queryAnswer],
  [
    logs(`${STREAMS},${FLAGS},"result":[{"stream":{},"values":[[1795222000000000000,"x",{}]]}]`),
    loki.queryAnswer,
  ],
  ['{"traces":[],"foo":1}', tempo.searchAnswer],
  ['{"traces":[{"traceID":"1","foo":1}]}', tempo.searchAnswer],
  ['{"traces":[{"traceID":"1","durationMs":5.5}]}', tempo.searchAnswer],
  ['{"metrics":{"inspectedSpans":"1"}}', tempo.searchAnswer],
  ['{"series":[{"labels":[],"value":1,"promLabels":"{}"}]}', tempo.instantMetricsAnswer],
  ['{"series":[{"labels":["a"],"samples":[]}]}', tempo.rangeMetricsAnswer],
  [span('"startTime":"1","duration":2'), jaeger.tracesAnswer],
  [span('"startTime":1.5,"duration":2'), jaeger.tracesAnswer],
];

test('what Grafana takes', () => {
  for (const [text, shape] of GOOD) assert.doesNotThrow(() => assertShape(text, shape), text);
});

test('what Grafana fails on', () => {
  for (const [text, shape] of BAD) assert.throws(() => assertShape(text, shape), text);
});

test('a trace without a resource, a scope or a status ends the handler', () => {
  const block = (number: number, ...parts: readonly Uint8Array[]): Uint8Array => {
    const content = Buffer.concat(parts);
    return Buffer.concat([Uint8Array.of(number * 8 + 2, content.length), content]);
  };
  const attribute = block(1, block(1, Buffer.from('a')));
  const trace = (resource: Uint8Array[], scope: Uint8Array[], status: Uint8Array[]) =>
    block(1, ...resource, block(2, ...scope, block(2, ...status)));
  const [resource, scope, status] = [[block(1, attribute)], [block(1)], [block(15)]];
  assert.equal(checkTrace(trace(resource, scope, status)), 1);
  assert.equal(checkTrace(trace([block(1)], scope, status)), 0);
  assert.throws(() => checkTrace(trace([], scope, status)));
  assert.throws(() => checkTrace(trace(resource, [], status)));
  assert.throws(() => checkTrace(trace(resource, scope, [])));
  assert.throws(() => checkTraceById(new Uint8Array(0)));
  assert.equal(checkTraceById(block(1, trace(resource, scope, status))), 1);
});
