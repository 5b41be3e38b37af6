/**
 * Every query of the dashboards, asked as Grafana asks it, of a server that has what the dashboards are about: services that
 * send spans, logs and metrics, a node exporter, cAdvisor, an alert that fires, and itself. Each must succeed, and find
 * something, but for those below that have a reason not to.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DASHBOARDS } from '../../deploy/dashboards/all.ts';
import type { Dashboard, Panel, Target, Variable } from '../../deploy/dashboards/json-model.ts';
import { fetchPage, type RunningExporter, startExporter } from '../clients/exporters/exporters.ts';
import { getJson } from '../support/http-api.ts';
import { findProgram, REQUIRE_ALL } from '../support/program.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type Chosen, type Range, runTarget, substituted } from './grafana-requests.ts';
import { serveCadvisor } from './machine-pages.ts';
import { SERVICES, sendWave, waveOf } from './traffic.ts';

const NODE_EXPORTER = findProgram('prometheus-node-exporter');
const NODE_DASHBOARD = 'node-exporter';
const RANGE_MS = 15 * 60_000;
/** Until all queries find something: rates need two scrapes, derived metrics a second. */
const DEADLINE_MS = 90_000;
const PAUSE_MS = 500;

/** Dashboard, panel and refId → why its query finds nothing here. */
const EMPTY: Readonly<Record<string, string>> = {
  'trilite: Refused items (13) C':
    'a bad span refuses its request, not itself; only limits that are not set here refuse single ones',
};

/**
 * Whether a query is about what the machine of the test does not have: a container may have no disk, no network and no
 * file system of its own. `page` is what its exporter tells; a label that is not there leaves nothing out.
 */
function machineLacks(page: string, expr: string): boolean {
  const excluded = [...expr.matchAll(/(\w+)!~"([^"]*)"/g)].map(([, label, regex]) => ({
    label: new RegExp(`[{,]${label}="([^"]*)"`),
    regex: new RegExp(`^(?:${regex})$`),
  }));
  const isLeft = (line: string) =>
    !excluded.some(({ label, regex }) => regex.test(label.exec(line)?.[1] ?? '-'));
  const lines = page.split('\n');
  const metrics = [...expr.matchAll(/\bnode_\w+/g)].map(([name]) => name);
  return metrics.some((name) => !lines.some((line) => /^\w+/.exec(line)?.[0] === name && isLeft(line)));
}

interface Question {
  readonly name: string;
  readonly target: Target;
  readonly chosen: Chosen;
  readonly why: string | undefined;
}

function panelsOf(dashboard: Dashboard): Panel[] {
  return dashboard.panels.filter((panel): panel is Panel => panel.type !== 'row');
}

describe('queries of dashboards', () => {
  let dir: string;
  let server: TestServer;
  let cadvisor: Server;
  let node: RunningExporter | undefined;
  let nodePage = '';
  let waves = 0;

  before(async () => {
    if (NODE_EXPORTER !== undefined) {
      const kind = { name: 'node', program: NODE_EXPORTER, listenFlag: '--web.listen-address' };
      node = await startExporter({ ...kind, args: [], env: {} });
      nodePage = (await fetchPage(node.address)).body;
    } else assert.ok(!REQUIRE_ALL, 'no prometheus-node-exporter on PATH');
    dir = mkdtempSync(path.join(os.tmpdir(), 'trilite-dashboards-'));
    const served = await serveCadvisor();
    cadvisor = served.server;
    const job = (name: string, address: string) =>
      `- {job_name: ${name}, static_configs: [{targets: ["${address}"]}]}`;
    const jobs = [job('cadvisor', served.address), job('nobody', '127.0.0.1:1')];
    if (node !== undefined) jobs.push(job('node', node.address));
    const config = `
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
# It takes what it gets.
alerting: {alertmanagers: [{static_configs: [{targets: ["${served.address}"]}]}]}
scrape_configs:
${jobs.join('\n')}
trilite: {self_scrape: true, query: {slow_threshold: 1ms}, slo_files: [slo.yaml]}
`;
    const rules = `
groups:
- name: g
  rules:
  - {alert: Always, expr: vector(1), labels: {service: orders, severity: none}}
  - {alert: NodeUp, expr: 'up{job="node"} == 1', labels: {severity: none}}
`;
    writeFileSync(path.join(dir, 'rules.yml'), rules);
    // So little may fail that what does fires at once.
    const calls = 'traces_spanmetrics_calls_total{span_kind="SPAN_KIND_SERVER"';
    const objective = {
      ...{ name: 'availability', objective: 99.99 },
      errors: { bad: `${calls},status_code="STATUS_CODE_ERROR"}`, total: `${calls}}` },
    };
    writeFileSync(path.join(dir, 'slo.yaml'), JSON.stringify({ service: 'orders', slos: [objective] }));
    writeFileSync(path.join(dir, 'config.yml'), config);
    const args = ['--config', path.join(dir, 'config.yml'), '--metrics-generator.slack', '0'];
    server = await startServer({ dataDir: path.join(dir, 'data'), args });
  });

  after(async () => {
    await server?.stop('SIGKILL');
    await node?.program.stop('SIGKILL');
    cadvisor?.closeAllConnections();
    cadvisor?.close();
    if (cadvisor !== undefined) await once(cadvisor, 'close').catch(() => {});
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });

  const range = (): Range => ({ fromMs: Date.now() - RANGE_MS, toMs: Date.now() });

  /** A moment of traffic. Some of it is refused, and some queries fail, so that there is something of that to be shown. */
  async function traffic(): Promise<void> {
    await sendWave(server.base, waveOf(waves++, Date.now()));
    const tomorrow = waveOf(0, Date.now() + 86_400_000);
    const stream = { stream: { app: 'a' }, values: [[`${Date.now() + 86_400_000}000000`, 'x']] };
    const refused = [
      ['/loki/api/v1/push', '{'],
      ['/loki/api/v1/push', JSON.stringify({ streams: [stream] })],
      ['/v1/metrics', JSON.stringify(tomorrow.metrics)],
    ] as const;
    const headers = { 'content-type': 'application/json' };
    for (const [where, body] of refused) await fetch(server.base + where, { method: 'POST', headers, body });
    assert.equal(
      (await fetch(`${server.base}/api/v1/query_range?query=sum(&start=0&end=1&step=1`)).status,
      400,
    );
  }

  async function valuesOf(variable: Variable): Promise<readonly string[]> {
    const { fromMs, toMs } = range();
    const times = { start: Math.floor(fromMs / 1000), end: Math.ceil(toMs / 1000) };
    if ((variable.datasource as { uid: string }).uid === 'loki') {
      const { label } = variable.query as { label: string };
      const { data = [] } = await getJson<{ data?: string[] }>(
        server.base,
        `/loki/api/v1/label/${label}/values`,
        {
          start: `${fromMs}000000`,
          end: `${toMs}000000`,
        },
      );
      return data;
    }
    const { query } = variable.query as { query: string };
    const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(query)!;
    const parameters = { 'match[]': selector!, ...times };
    return (await getJson<{ data: string[] }>(server.base, `/api/v1/label/${label}/values`, parameters)).data;
  }

  /** What a reader may have chosen: all, and two values where there are so many. */
  async function choices(dashboard: Dashboard): Promise<readonly Chosen[]> {
    const all: Record<string, string> = {};
    const some: Record<string, string | readonly string[]> = {};
    for (const variable of dashboard.templating.list) {
      if (variable.type === 'query') {
        const values = await valuesOf(variable);
        assert.ok(values.length > 0, `${dashboard.uid}: no values of ${variable.name}`);
        all[variable.name] = variable.allValue as string;
        some[variable.name] = values.slice(0, 2);
      } else {
        all[variable.name] = '';
        some[variable.name] = 'o';
      }
    }
    return [all, some];
  }

  function whyEmpty(name: string, { expr }: Target): string | undefined {
    if (name in EMPTY) return EMPTY[name];
    const isLacking = typeof expr === 'string' && expr.includes('node_') && machineLacks(nodePage, expr);
    return isLacking ? 'this machine has none of it' : undefined;
  }

  async function questionsOf(dashboard: Dashboard): Promise<Question[]> {
    const chosen = await choices(dashboard);
    const targets = [
      ...panelsOf(dashboard).flatMap(({ title, id, targets }) =>
        targets.map((target) => ({ name: `${dashboard.uid}: ${title} (${id}) ${target.refId}`, target })),
      ),
      ...dashboard.annotations.list
        .filter(({ expr }) => expr !== undefined)
        .map((annotation) => ({
          name: `${dashboard.uid}: annotation ${annotation.name}`,
          target: { ...annotation, refId: 'Anno', instant: false } as unknown as Target,
        })),
    ];
    return chosen.flatMap((choice) =>
      targets.map(({ name, target }) => ({ name, target, chosen: choice, why: whyEmpty(name, target) })),
    );
  }

  /** Asks again what has found nothing yet, with more traffic in between. */
  async function answered(questions: readonly Question[]): Promise<void> {
    const end = Date.now() + DEADLINE_MS;
    let left = questions.filter(({ why }) => why === undefined);
    for (const { target, chosen } of questions) await runTarget(server.base, target, chosen, range());
    for (;;) {
      const still: Question[] = [];
      for (const question of left) {
        const found = await runTarget(server.base, question.target, question.chosen, range());
        if (found === 0) still.push(question);
      }
      left = still;
      if (left.length === 0) return;
      assert.ok(
        Date.now() < end,
        `nothing is found by\n${left.map(({ name, chosen }) => `  ${name} ${JSON.stringify(chosen)}`).join('\n')}`,
      );
      await traffic();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  it('have their variables from what is there', async () => {
    const end = Date.now() + DEADLINE_MS;
    for (;;) {
      await traffic();
      try {
        for (const dashboard of DASHBOARDS) {
          if (dashboard.uid !== NODE_DASHBOARD || node !== undefined) await choices(dashboard);
        }
        break;
      } catch (error) {
        if (Date.now() > end) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
    const service = DASHBOARDS[0]!.templating.list[0]!;
    assert.deepEqual([...(await valuesOf(service))].sort(), [...SERVICES].sort());
  });

  for (const dashboard of DASHBOARDS) {
    const skip =
      dashboard.uid === NODE_DASHBOARD && NODE_EXPORTER === undefined && 'no node exporter on PATH';
    it(`of ${dashboard.title} succeed and find something`, { timeout: 200_000, skip }, async () => {
      await answered(await questionsOf(dashboard));
    });
  }

  it('that find nothing here are there', () => {
    const names = new Set(
      DASHBOARDS.flatMap((d) =>
        panelsOf(d).flatMap(({ title, id, targets }) =>
          targets.map((t) => `${d.uid}: ${title} (${id}) ${t.refId}`),
        ),
      ),
    );
    for (const name of Object.keys(EMPTY)) assert.ok(names.has(name), `${name} is no query`);
  });

  it('lead on by links that find something', async () => {
    for (const dashboard of DASHBOARDS) {
      for (const { title, fieldConfig } of panelsOf(dashboard)) {
        for (const { internal } of fieldConfig.defaults.links ?? []) {
          const language = internal.datasourceUid === 'tempo' ? 'traceql' : 'logql';
          const text = (internal.query.query ?? internal.query.expr) as string;
          const filled = text.replace(/\$\{__(?:field\.labels|data\.fields)[^}]*\}/g, (path) =>
            path.includes('span_name') ? 'create order' : path.includes('.name}') ? 'web' : 'orders',
          );
          const target = {
            ...internal.query,
            refId: 'A',
            datasource: { type: internal.datasourceUid, uid: internal.datasourceUid },
            [language === 'traceql' ? 'query' : 'expr']: filled,
          };
          const found = await runTarget(server.base, target, { service: '.+', container: '.+' }, range());
          // Nothing sends logs of containers here.
          if (dashboard.uid !== 'containers') assert.ok(found > 0, `${dashboard.uid}: ${title}: ${filled}`);
        }
      }
    }
  });

  it('are left out for what a machine lacks, and for nothing else', () => {
    const page = 'node_a{device="sda",fstype="overlay"} 1\nnode_b 2\n';
    for (const lacking of ['node_c', 'node_a{fstype!~"overlay|x"}', 'node_b / node_c']) {
      assert.ok(machineLacks(page, lacking), lacking);
    }
    for (const there of ['node_a{devise!~"sd.*"}', 'rate(node_a{device!~"s"}[1m]) / node_b']) {
      assert.ok(!machineLacks(page, there), there);
    }
  });

  it('are put in as Grafana does it', () => {
    const two = { service: ['a.b', 'c'] };
    const at = { fromMs: 0, toMs: 60_000 };
    assert.equal(
      substituted('x{a=~"$service"}[$__rate_interval]', 'promql', two, at),
      String.raw`x{a=~"(a\\.b|c)"}[1m0s]`,
    );
    assert.equal(
      substituted('{a=~"${service}"}[$__auto]', 'logql', two, at, true),
      String.raw`{a=~"a\\.b|c"}[60s]`,
    );
    assert.equal(substituted('{ name =~ "$service" }', 'traceql', two, at), '{ name =~ "a.b|c" }');
    assert.throws(() => substituted('$nothing', 'promql', two, at), /no variable/);
  });
});
