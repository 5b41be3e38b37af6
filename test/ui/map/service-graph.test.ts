/** The map's numbers, out of samples and out of dependencies. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  apart,
  filtered,
  type GraphSamples,
  graphOfDependencies,
  graphQueries,
  serviceGraph,
} from '../../../src/ui/views/map/service-graph.ts';

type Rows = readonly (readonly [labels: Record<string, string>, value: string])[];
const samples = (rows: Rows) => rows.map(([metric, value]) => ({ metric, value: [0, value] as const }));

const SAMPLES: GraphSamples = {
  total: samples([
    [{ client: 'user', server: 'web', connection_type: 'virtual_node' }, '2'],
    [{ client: 'web', server: 'cart' }, '3'],
    [{ client: 'api', server: 'cart', client_service_namespace: 'eu' }, '1'],
    [{ client: 'cart', server: 'orders-db', connection_type: 'database' }, '5'],
    [{ client: 'cart', server: 'mail', connection_type: 'messaging_system' }, '1'],
    [{ client: 'cart', server: 'bank', connection_type: 'virtual_node' }, '1'],
    [{ server: 'nobody' }, '1'],
  ]),
  failed: samples([[{ client: 'web', server: 'cart' }, '1']]),
  serverEdge: samples([
    [{ client: 'web', server: 'cart' }, '0.2'],
    [{ client: 'cart', server: 'bank' }, '0'],
  ]),
  clientEdge: samples([[{ client: 'cart', server: 'bank' }, '0.7']]),
  serverMedian: samples([[{ server: 'cart' }, '0.1']]),
  clientMedian: samples([]),
  serverP95: samples([[{ server: 'cart' }, '0.4']]),
  clientP95: samples([[{ server: 'bank' }, '0.8']]),
  instrumented: samples([
    [{ service: 'web' }, '2'],
    [{ service: 'api' }, '2'],
    [{ service: 'cart' }, '2'],
    [{ service: 'mail' }, '2'],
    [{ service: 'alone' }, '2'],
  ]),
};

describe('the service graph', () => {
  const graph = serviceGraph(SAMPLES);
  const node = (name: string) => graph.nodes.find((one) => one.name === name)!;

  test('adds up the calls to a service', () => {
    const { rate, failedRate, medianS, p95S, kind } = node('cart');
    assert.deepEqual([rate, failedRate, medianS, p95S, kind], [4, 1, 0.1, 0.4, 'service']);
    const edge = graph.edges.find(({ client }) => client === 'web')!;
    assert.deepEqual([edge.server, edge.rate, edge.failedRate, edge.p95S], ['cart', 3, 1, 0.2]);
  });

  test('tells what sends spans from what is only called or calling', () => {
    assert.deepEqual(
      graph.nodes.map(({ name, kind }) => `${name} ${kind}`),
      [
        'alone service',
        'api service',
        'bank peer',
        'cart service',
        'mail service',
        'orders-db database',
        'user peer',
        'web service',
      ],
    );
    assert.deepEqual(
      graph.edges.filter(({ isMessaging }) => isMessaging).map(({ server }) => server),
      ['mail'],
    );
    assert.ok(Number.isNaN(node('user').p95S));
    // Those who call it measured.
    assert.equal(node('bank').p95S, 0.8);
    assert.equal(graph.edges.find(({ server }) => server === 'bank')?.p95S, 0.7);
    assert.equal(node('api').namespace, 'eu');
  });

  test('has those apart that have to do with nobody', () => {
    const { joined, alone } = apart(graph);
    assert.deepEqual(alone, ['alone']);
    assert.equal(joined.nodes.length, graph.nodes.length - 1);
  });

  test('shows a part with its neighbours', () => {
    const names = (filter: { text: string; namespace: string }) =>
      filtered(graph, filter).nodes.map(({ name }) => name);
    assert.deepEqual(names({ text: 'ORDERS', namespace: '' }), ['cart', 'orders-db']);
    assert.deepEqual(names({ text: '', namespace: 'eu' }), ['api', 'cart']);
    assert.equal(filtered(graph, { text: '', namespace: '' }), graph);
  });

  test('is made of dependencies where there are no metrics', () => {
    const { nodes, edges } = graphOfDependencies([{ parent: 'a', child: 'b', callCount: 30 }], 60);
    assert.deepEqual(
      nodes.map(({ name, rate }) => [name, rate]),
      [
        ['a', 0],
        ['b', 0.5],
      ],
    );
    assert.deepEqual([edges[0]!.client, edges[0]!.server, edges[0]!.rate], ['a', 'b', 0.5]);
  });
});

test('the queries name the range and keep the labels that are needed', () => {
  const { total, serverEdge } = graphQueries(3600);
  assert.match(
    total,
    /^sum by \(client, server, connection_type, .*\) \(rate\(traces_service_graph_request_total\[3600s\]\)\)$/,
  );
  assert.match(
    serverEdge,
    /^histogram_quantile\(0\.95, sum by \(client, server, le\) \(rate\(.*_server_seconds_bucket\[3600s\]\)\)\)$/,
  );
});
