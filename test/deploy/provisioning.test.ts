/**
 * The provisioning: its form, that it leads from every signal to every other, and that what it leads to is there, with the
 * server that the Compose file starts. The same for files that people have from before (`existing/`).
 */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { getJson, type LogEntry, logEntries, promInstant } from '../support/http-api.ts';
import { eventually } from '../support/poll.ts';
import { StreamingClient } from '../support/streaming-client.ts';
import { type ComposeServer, composeFile, DEPLOY, startComposeServer } from './compose-file.ts';
import {
  type Correlation,
  type Datasource,
  type DerivedField,
  readDatasources,
  referencesOf,
  type TraceToOther,
} from './datasource-file.ts';
import { sendWave, waveOf } from './traffic.ts';

const EXISTING = path.join(import.meta.dirname, 'existing');
const OWN = readDatasources(path.join(DEPLOY, 'grafana/provisioning/datasources/trilite.yaml'));
const OLD = readDatasources(path.join(EXISTING, 'datasources.yaml'));
const FILES = { own: OWN, 'existing/datasources.yaml': OLD };

function ofType(file: readonly Datasource[], type: string): Datasource {
  return file.find((d) => d.type === type)!;
}

describe('provisioning of data sources', () => {
  for (const [name, file] of Object.entries(FILES)) {
    it(`${name}: uids are unique, and those that are referred to are there`, () => {
      const uids = file.map(({ uid }) => uid);
      assert.equal(new Set(uids).size, uids.length);
      assert.equal(file.filter(({ isDefault }) => isDefault).length, 1);
      const references = file.flatMap((d) =>
        referencesOf(d).map(([key, uid]) => ({ from: d.uid, key, uid })),
      );
      assert.ok(references.length > 0);
      for (const { from, key, uid } of references) assert.ok(uids.includes(uid), `${from} ${key}: ${uid}`);
    });
  }

  it('has a face of Trilite for each type', () => {
    assert.deepEqual(
      OWN.map(({ type, uid }) => `${type} ${uid}`),
      ['prometheus', 'loki', 'tempo', 'jaeger', 'alertmanager'].map((type) => `${type} ${type}`),
    );
  });

  it('leads from every signal to every other', () => {
    const signal: Readonly<Record<string, string>> = { prometheus: 'metrics', loki: 'logs', tempo: 'traces' };
    const found = new Set(
      OWN.flatMap((d) =>
        referencesOf(d).map(([, uid]) => `${signal[d.uid] ?? d.uid} → ${signal[uid] ?? uid}`),
      ),
    );
    for (const from of Object.values(signal)) {
      for (const to of Object.values(signal)) {
        if (from !== to) assert.ok(found.has(`${from} → ${to}`), `${from} → ${to}`);
      }
    }
    for (const to of ['metrics', 'logs']) assert.ok(found.has(`jaeger → ${to}`));
  });

  it('has correlations that every Grafana takes', () => {
    const all = OWN.flatMap(({ correlations = [] }) => correlations);
    for (const correlation of all) {
      // Grafana takes label and description without a look, and one version of it stumbles over `type` beside `config`.
      assert.deepEqual(Object.keys(correlation).sort(), ['config', 'description', 'label', 'targetUID']);
      assert.equal(typeof correlation.label, 'string');
      assert.equal(typeof correlation.description, 'string');
      assert.deepEqual(Object.keys(correlation.config).sort(), ['field', 'target', 'type']);
      assert.equal(correlation.config.type, 'query');
    }
  });

  it('provides dashboards where the Compose file has them, the home page too', () => {
    const file = path.join(DEPLOY, 'grafana/provisioning/dashboards/trilite.yaml');
    const { apiVersion, providers } = parse(readFileSync(file, 'utf8'));
    assert.equal(apiVersion, 1);
    const { path: folder } = providers[0].options as { path: string };
    const { volumes, environment } = composeFile.services.grafana!;
    assert.ok(volumes!.includes(`../grafana/dashboards:${folder}:ro`));
    const home = environment!.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH!;
    assert.equal(path.dirname(home), folder);
    assert.ok(existsSync(path.join(DEPLOY, 'grafana/dashboards', path.basename(home))));
  });
});

describe('with the server of the Compose file', () => {
  let dir: string;
  let server: ComposeServer;
  const wave = waveOf(0, Date.now());

  before(async () => {
    dir = mkdtempSync(path.join(os.tmpdir(), 'trilite-provisioning-'));
    server = await startComposeServer(path.join(dir, 'data'));
    await sendWave(server.url('http://otel-collector:4318'), wave);
  });

  after(async () => {
    await server?.program.stop('SIGKILL');
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });

  const at = ({ url }: Datasource) => server.url(url);
  const sinceNs = () => BigInt(Date.now() - 3_600_000) * 1_000_000n;
  const soonNs = () => BigInt(Date.now() + 60_000) * 1_000_000n;

  function lines(base: string, query: string): Promise<LogEntry[]> {
    return logEntries(base, query, sinceNs(), soonNs());
  }

  async function isTrace(base: string, id: string): Promise<void> {
    const answer = await fetch(`${base}/api/v2/traces/${id}`);
    assert.match(await answer.text(), /"name":"POST \/orders"/, id);
  }

  for (const [name, file] of Object.entries(FILES)) {
    describe(name, () => {
      const prometheus = ofType(file, 'prometheus');
      const loki = ofType(file, 'loki');
      const tempo = ofType(file, 'tempo');
      const jaeger = ofType(file, 'jaeger');

      it('Prometheus: what Grafana saves and tests', async () => {
        const body = new URLSearchParams({ query: '1+1', time: '4' });
        const isGet = prometheus.jsonData.httpMethod === 'GET';
        const url = `${at(prometheus)}/api/v1/query`;
        const answer = await (isGet ? fetch(`${url}?${body}`) : fetch(url, { method: 'POST', body }));
        assert.match(await answer.text(), /"status":"success"/);
      });

      it('Loki: what Grafana saves and tests', async () => {
        const parameters = { direction: 'backward', query: 'vector(1)+vector(1)', time: 4_000_000_000 };
        const { data } = await getJson<{ data: { result: { value: unknown[] }[] } }>(
          at(loki),
          '/loki/api/v1/query',
          parameters,
        );
        assert.equal(data.result[0]!.value[1], '2');
      });

      it('Tempo: what Grafana saves and tests, streaming where it is on', async () => {
        assert.equal((await fetch(`${at(tempo)}/api/echo`)).status, 200);
        if (tempo.jsonData.streamingEnabled?.search !== true) return;
        const client = new StreamingClient(new URL(at(tempo)).host);
        try {
          assert.equal((await client.call('Search', {})).code, 0);
        } finally {
          client.close();
        }
      });

      it('Jaeger: what Grafana saves and tests, and the same traces', async () => {
        const { data } = await getJson<{ data: string[] }>(at(jaeger), '/api/services');
        assert.deepEqual([...data].sort(), ['gateway', 'orders']);
        await getJson(at(jaeger), `/api/traces/${wave.traceId}`);
      });

      it('Alertmanager: what Grafana saves and tests', async () => {
        const base = at(ofType(file, 'alertmanager'));
        assert.notEqual((await fetch(`${base}/alertmanager/api/v2/status`)).status, 200);
        assert.equal((await fetch(`${base}/api/v2/status`)).status, 200);
      });

      it('metrics → traces: exemplars', async () => {
        const names = prometheus.jsonData.exemplarTraceIdDestinations!.map((d) => d.name);
        await eventually(async () => {
          const times = { start: Date.now() / 1000 - 3600, end: Date.now() / 1000 + 60 };
          const { data } = await getJson<{ data: { exemplars: { labels: Record<string, string> }[] }[] }>(
            at(prometheus),
            '/api/v1/query_exemplars',
            { query: 'traces_spanmetrics_latency_bucket', ...times },
          );
          const found = data.flatMap(({ exemplars }) => exemplars);
          assert.ok(found.length > 0);
          const label = Object.keys(found[0]!.labels).find((l) => names.includes(l));
          assert.ok(label !== undefined, JSON.stringify(found[0]));
          await isTrace(at(tempo), found[0]!.labels[label]!);
        }, 30_000);
      });

      /** The value that a derived field takes of a line, as Grafana's front end finds it. */
      function derived({ matcherType, matcherRegex }: DerivedField, entry: LogEntry): string | undefined {
        const regex = new RegExp(matcherRegex);
        if (matcherType !== 'label') return regex.exec(entry.line)?.[1];
        const labels = { ...entry.stream, ...entry.metadata };
        return Object.entries(labels).find(([label]) => regex.test(label))?.[1];
      }

      for (const field of loki.jsonData.derivedFields!) {
        it(`logs → traces: derived field ${field.name}`, async () => {
          // One writes logfmt, the other JSON.
          for (const service of ['gateway', 'orders']) {
            const entries = await lines(at(loki), `{service_name="${service}"}`);
            assert.ok(entries.length > 0);
            const id = derived(field, entries[0]!);
            assert.ok(id !== undefined, entries[0]!.line);
            await isTrace(at(tempo), id);
          }
        });
      }

      const tagsOf = ({ tags }: TraceToOther, service: string) =>
        tags!.map(({ key, value }) => `${value}="${key === 'service.name' ? service : '?'}"`).join(', ');

      for (const source of [tempo, jaeger]) {
        const { tracesToLogsV2, tracesToLogs, tracesToMetrics } = source.jsonData;
        it(`traces → logs, of ${source.name}`, async () => {
          for (const service of ['gateway', 'orders']) {
            const query =
              tracesToLogsV2 !== undefined
                ? tracesToLogsV2
                    .query!.replaceAll('${__tags}', tagsOf(tracesToLogsV2, service))
                    .replaceAll('${__trace.traceId}', wave.traceId)
                : `{${tagsOf({ datasourceUid: '', tags: tracesToLogs!.mappedTags }, service)}} |="${wave.traceId}"`;
            const entries = await lines(at(loki), query);
            assert.equal(entries.length, 1, query);
            assert.ok(entries[0]!.line.includes(wave.traceId));
          }
        });
        if (tracesToMetrics === undefined) continue;
        for (const { name: title, query } of tracesToMetrics.queries!) {
          it(`traces → metrics, of ${source.name}: ${title}`, async () => {
            const expr = query.replaceAll('${__tags}', tagsOf(tracesToMetrics, 'orders'));
            await eventually(async () =>
              assert.ok((await promInstant(at(prometheus), expr)).length > 0, expr),
            );
          });
        }
      }

      it('service graph', async () => {
        assert.equal(
          file.find((d) => d.uid === tempo.jsonData.serviceMap!.datasourceUid),
          prometheus,
        );
        const expr = 'sum by (client, server) (rate(traces_service_graph_request_total[3600s]))';
        await eventually(async () => {
          const edges = await promInstant(at(prometheus), expr);
          assert.ok(edges.some(({ metric }) => metric.client === 'gateway' && metric.server === 'orders'));
        }, 30_000);
      });

      /** A correlation's query for a value of its field, and the labels of a line. */
      async function followed({ targetUID, config }: Correlation): Promise<number> {
        const target = file.find(({ uid }) => uid === targetUID)!;
        const value = config.field === 'job' ? 'shop/orders' : 'orders';
        const text = ((config.target.expr ?? config.target.query) as string)
          .replaceAll('${__value.raw}', value)
          .replaceAll('${__labels.tags.service_name}', 'orders');
        assert.doesNotMatch(text, /\$/);
        if (target.type === 'prometheus') return (await promInstant(at(target), text)).length;
        if (target.type === 'loki') return (await lines(at(target), text)).length;
        const { traces } = await getJson<{ traces: unknown[] }>(at(target), '/api/search', { q: text });
        return traces.length;
      }

      for (const { name: source, correlations = [] } of file) {
        for (const correlation of correlations) {
          const { targetUID, config, label } = correlation;
          it(`${source} → ${targetUID}, by ${config.field}: ${label}`, async () => {
            // Streams of OTLP have no label `job`.
            if (config.field === 'job') {
              const ns = `${Date.now()}000000`;
              const streams = [{ stream: { job: 'shop/orders' }, values: [[ns, 'x']] }];
              const headers = { 'content-type': 'application/json' };
              const body = JSON.stringify({ streams });
              await fetch(`${at(loki)}/loki/api/v1/push`, { method: 'POST', headers, body });
            }
            await eventually(async () => assert.ok((await followed(correlation)) > 0));
          });
        }
      }
    });
  }

  it('existing files of senders find whom they send to', async () => {
    const names = ['promtail.yaml', 'otel-collector.yaml', 'app.env', 'prometheus.yml'];
    const found = names.flatMap((name) => {
      const text = readFileSync(path.join(EXISTING, name), 'utf8').replaceAll(/^#.*$/gm, '');
      const hosts = [...text.matchAll(/\b([a-z-]+):(\d{4,5})\b/g)].map(([, host, port]) => ({ host, port }));
      const agent = /AGENT_HOST=(\S+)\n.*AGENT_PORT=(\d+)/.exec(text);
      if (agent !== null) hosts.push({ host: agent[1], port: agent[2] });
      assert.ok(hosts.length > 0, name);
      return hosts;
    });
    assert.equal(found.length, 15);
    for (const { host, port } of found)
      assert.match(server.address(host!, Number(port)), /^127\.0\.0\.1:\d+$/);
  });
});
