/** A real Alertmanager and a real node exporter as a test's peers, and a receiver for what the Alertmanager has to say. */

import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { getJson } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { findProgram, type RunningProgram, startProgram } from '../../support/program.ts';

export const ALERTMANAGER = findProgram('prometheus-alertmanager') ?? findProgram('alertmanager');
export const NODE_EXPORTER = findProgram('prometheus-node-exporter') ?? findProgram('node_exporter');
export const PEERS_MISSING =
  'Alertmanager or node exporter is not installed (Debian: apt-get install prometheus-alertmanager prometheus-node-exporter)';

/** As `GET /api/v2/alerts` has it. */
export interface KnownAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
  readonly status: { readonly state: string };
}

export interface Alertmanager {
  readonly address: string;
  /** Active ones. */
  alerts(): Promise<KnownAlert[]>;
  /** Ends it; `start` brings it back at the same port, without what it knew of alerts. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Tells `webhook` of what comes and goes, as soon as it can. */
export async function startAlertmanager(dir: string, webhook: string): Promise<Alertmanager> {
  const port = await freePort();
  const config = {
    route: { receiver: 'hook', group_by: ['...'], group_wait: '10ms', group_interval: '100ms' },
    receivers: [{ name: 'hook', webhook_configs: [{ url: webhook, send_resolved: true }] }],
  };
  const file = path.join(dir, 'alertmanager.yml');
  // JSON is YAML.
  fs.writeFileSync(file, JSON.stringify(config));
  const base = `http://127.0.0.1:${port}`;
  let program: RunningProgram | undefined;
  const alerts = () => getJson<KnownAlert[]>(base, '/api/v2/alerts');
  const start = async () => {
    program = startProgram(ALERTMANAGER!, [
      `--config.file=${file}`,
      `--storage.path=${path.join(dir, 'alertmanager')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ]);
    try {
      await eventually(alerts);
    } catch (error) {
      await program.stop('SIGKILL');
      throw new Error(`Alertmanager did not start: ${program.output()}`, { cause: error });
    }
  };
  const stop = async () => {
    await program?.stop('SIGKILL');
  };
  await start();
  return { address: `127.0.0.1:${port}`, alerts, stop, start };
}

export interface NodeExporter {
  readonly address: string;
  /** Has it expose this from now on. */
  expose(text: string): void;
  stop(): Promise<void>;
}

export async function startNodeExporter(dir: string): Promise<NodeExporter> {
  const port = await freePort();
  const folder = path.join(dir, 'textfile');
  fs.mkdirSync(folder);
  const program = startProgram(NODE_EXPORTER!, [
    `--web.listen-address=127.0.0.1:${port}`,
    `--collector.textfile.directory=${folder}`,
  ]);
  await eventually(async () => {
    await fetch(`http://127.0.0.1:${port}/`);
  });
  return {
    address: `127.0.0.1:${port}`,
    expose: (text) => {
      // At once as a whole, as the exporter wants it.
      fs.writeFileSync(path.join(folder, 'new'), text);
      fs.renameSync(path.join(folder, 'new'), path.join(folder, 'test.prom'));
    },
    stop: async () => {
      await program.stop('SIGKILL');
    },
  };
}

export interface Webhook {
  readonly url: string;
  /** `firing Name`, `resolved Name`, in the order in which the Alertmanager told of them. */
  readonly told: readonly string[];
  stop(): void;
}

export async function startWebhook(): Promise<Webhook> {
  const told: string[] = [];
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { alerts } = JSON.parse(body) as {
      readonly alerts: readonly {
        readonly status: string;
        readonly labels: { readonly alertname: string };
      }[];
    };
    for (const { status, labels } of alerts) told.push(`${status} ${labels.alertname}`);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    told,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
