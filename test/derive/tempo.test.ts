/**
 * The same spans through Tempo's metrics generator and ours, under the same configuration: every series must stand at the
 * same value. Tempo writes its series to the same server, told apart by a label. The Tempo is the one that
 * `TRILITE_TEST_TEMPO` names; without it this is skipped. `TRILITE_TEST_SEED` chooses other traces.
 */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { eventually } from '../support/poll.ts';
import { temporaryServer } from '../support/temporary-server.ts';
import { traffic } from './span-traffic.ts';

const TEMPO = process.env.TRILITE_TEST_TEMPO;
const SEED = Number(process.env.TRILITE_TEST_SEED ?? 7);
const TRACES = 400;
/** Waiting for halves of edges, a turn of expiring, a collection, remote write. */
const SETTLED_MAX_MS = 60_000;

const CONFIGS: Readonly<Record<string, string>> = {
  defaults: `
  processors: [service-graphs, span-metrics]
  processor: { service_graphs: { wait: 3s } }`,
  'all labels': `
  processors: [service-graphs, service-graphs-connection-info, span-metrics]
  processor:
    service_graphs:
      wait: 3s
      dimensions: [http.status, deployment.environment, a/b]
      enable_client_server_prefix: true
      enable_virtual_node_label: true
      enable_messaging_system_latency_histogram: true
      histogram_buckets: [0.5, 1, 2]
    span_metrics:
      dimensions: [http.status, list, cached, service, a/b, a_b, ratio, deployment.environment]
      intrinsic_dimensions: { status_message: true, span_name: false }
      dimension_mappings: [{ name: who, source_labels: [service.namespace, service.name, a/b], join: "/" }]
      enable_target_info: true
      target_info_excluded_dimensions: [k8s.pod]`,
  'filters and multipliers': `
  processors: [service-graphs, span-metrics]
  generate_native_histograms: both
  processor:
    service_graphs:
      wait: 3s
      span_multiplier_key: ratio
      peer_attributes: [peer.service]
      database_name_attributes: [db.system]
      filter_policies:
        - exclude: { match_type: regex, attributes: [{ key: resource.service.name, value: "^(cart|mail.*)$" }] }
    span_metrics:
      span_multiplier_key: ratio
      enable_target_info: true
      enable_instance_label: false
      filter_policies:
        - include: { match_type: strict, attributes: [{ key: span.cached, value: true }] }
          exclude: { match_type: strict, attributes: [{ key: span.http.status, value: 503 }, { key: kind, value: SPAN_KIND_CLIENT }] }
        - include_any: { match_type: regex, attributes: [{ key: status, value: ERROR }] }`,
};

/** What Tempo keeps under `overrides`. */
const OVERRIDES = /^ {2}(processors|generate_native_histograms):.*$/gm;

/** The block as Tempo's file has it, and where Tempo takes spans in. */
async function tempoConfig(
  block: string,
  dir: string,
  remote: string,
): Promise<[yaml: string, otlp: string]> {
  const [http, grpc, otlp, gossip] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const overrides = [...block.matchAll(OVERRIDES)].map(([line]) => `    ${line}`).join('\n');
  const yaml = `
server: { http_listen_address: 127.0.0.1, http_listen_port: ${http}, grpc_listen_address: 127.0.0.1, grpc_listen_port: ${grpc} }
distributor: { receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${otlp}" } } } } }
memberlist: { bind_addr: [127.0.0.1], bind_port: ${gossip} }
live_store: { shutdown_marker_dir: ${dir}/marker, wal: { path: ${dir}/live } }
storage: { trace: { backend: local, local: { path: ${dir}/blocks }, wal: { path: ${dir}/wal } } }
usage_report: { reporting_enabled: false }
metrics_generator:
  registry: { collection_interval: 1s, external_labels: { source: tempo } }
  storage:
    path: ${dir}/generator
    remote_write: [{ url: "${remote}/api/v1/write", send_exemplars: true, send_native_histograms: true }]
${block.replace(OVERRIDES, '').replace(/^\n+/, '')}
overrides:
  defaults:
    metrics_generator:
${overrides}
      ingestion_time_range_slack: 12h
`;
  return [yaml, `http://127.0.0.1:${otlp}/v1/traces`];
}

type Answer = {
  data: { result: { metric: Record<string, string>; value?: [number, string]; histogram?: unknown[] }[] };
};

/** Printed labels → what stands there. */
async function series(base: string, source: string): Promise<Map<string, string>> {
  const query = `{__name__=~"traces_.*", source="${source}"}`;
  const answer = await fetch(`${base}/api/v1/query?query=${encodeURIComponent(query)}`);
  const { data } = (await answer.json()) as Answer;
  return new Map(
    data.result.map(({ metric, value, histogram }) => {
      const { source: _, __metrics_gen_instance: __, ...labels } = metric;
      return [JSON.stringify(Object.entries(labels).sort()), JSON.stringify(value?.[1] ?? histogram?.[1])];
    }),
  );
}

/** Number by number: sums of floats depend on their order. */
function isSame(a: string | undefined, b: string): boolean {
  if (a === b) return true;
  const [x, y] = [a, b].map((text) => (text?.match(/[-+.e\d]+/gi) ?? []).map(Number));
  return x!.length === y!.length && x!.every((n, i) => isNear(n, y![i]!));
}

function isNear(a: number, b: number): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}

function differences(tempo: Map<string, string>, ours: Map<string, string>): string[] {
  const out: string[] = [];
  for (const [labels, value] of tempo) {
    if (!isSame(ours.get(labels), value)) out.push(`${labels}: Tempo ${value}, here ${ours.get(labels)}`);
  }
  for (const labels of ours.keys()) if (!tempo.has(labels)) out.push(`${labels}: only here`);
  return out;
}

async function send(url: string, bodies: readonly string[]): Promise<void> {
  for (const body of bodies) {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    assert.equal(answer.status, 200, await answer.text());
  }
}

async function compare(block: string): Promise<void> {
  const registry = '  registry: { external_labels: { source: here } }\n  max_active_series: 0';
  const { server, dir, dispose } = await temporaryServer(
    `scrape_configs: []\nmetrics_generator:\n${registry}${block}\n  ingestion_time_range_slack: 12h\n`,
  );
  let tempo: ChildProcess | undefined;
  try {
    const [yaml, otlp] = await tempoConfig(block, dir, server.base);
    const { writeFileSync } = await import('node:fs');
    writeFileSync(join(dir, 'tempo.yml'), yaml);
    tempo = spawn(TEMPO!, [`-config.file=${dir}/tempo.yml`], { stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    tempo.stderr!.on('data', (data) => {
      log += data;
    });
    const bodies = traffic(SEED, TRACES, Date.now());
    await eventually(async () => {
      assert.equal(tempo!.exitCode, null, log.slice(-2000));
      // An empty request is answered when the receivers listen and the rings are ready.
      await send(otlp, ['{"resourceSpans":[]}']);
    }, SETTLED_MAX_MS);
    // The rings of the generator settle a moment later; what comes before is refused or lost.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await send(otlp, bodies);
    await send(`${server.base}/v1/traces`, bodies);
    await eventually(async () => {
      const [theirs, ours] = [await series(server.base, 'tempo'), await series(server.base, 'here')];
      assert.ok(theirs.size > 100, `${theirs.size} series of Tempo`);
      const found = differences(theirs, ours);
      assert.equal(found.length, 0, `${found.length} of ${theirs.size}:\n${found.slice(0, 12).join('\n')}`);
    }, SETTLED_MAX_MS);
  } finally {
    tempo?.kill('SIGKILL');
    await dispose();
  }
}

describe('metrics derived from spans are those of Tempo', {
  skip: TEMPO ? false : 'TRILITE_TEST_TEMPO names no Tempo',
}, () => {
  for (const [name, block] of Object.entries(CONFIGS)) it(name, () => compare(block));
});
