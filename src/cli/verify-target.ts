/** What expectations are checked against: a Trilite that is started here, a running server, a database. */

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '../client/client.ts';
import { HttpTransport } from '../client/http-transport.ts';
import { HOUR_MS } from '../model/duration.ts';
import { ServerArrivals, ToldArrivals } from '../verify/arrivals.ts';
import type { Checked } from '../verify/run.ts';
import type { VerifyTarget } from './verify-flags.ts';

export interface OpenTarget {
  readonly checked: Checked;
  /** Where telemetry is sent over HTTP; undefined where none is taken. */
  readonly otlpHttp: string | undefined;
  /** Where tools ask for what Grafana has; undefined where nothing answers as one. */
  readonly grafanaUrl?: string;
  /** For a command that is to send its telemetry there. */
  readonly environment: Readonly<Record<string, string>>;
  /** Copies the database of a started Trilite. */
  keep(file: string): Promise<void>;
  close(): Promise<void>;
}

/** Attributes of resources that the image makes labels of, those that applications under test have. */
const LGTM_PROMOTED = [
  ...['service.instance.id', 'service.name', 'service.namespace', 'service.version'],
  ...['deployment.environment', 'deployment.environment.name', 'container.name', 'host.name'],
];
/** The version of Grafana that is told to scripts. */
const LGTM_GRAFANA = '13.2.1';
const ANY_PORT = { host: '127.0.0.1', port: 0 };
/** What a command sends once is seen however long it then goes on. */
const LOOKBACK_MS = HOUR_MS;
/** How long SDKs keep what they have before they send it: whoever waits for the command waits for it. */
const EXPORT_DELAY_MS = '50';
const METRIC_INTERVAL_MS = '200';

export interface StartedOptions {
  /** The database can be kept. */
  readonly keepsDatabase: boolean;
  /** Metrics have the labels that the grafana/otel-lgtm image gives them: cases of OATS ask for those. */
  readonly isLgtm: boolean;
}

export async function openTarget(target: VerifyTarget, options: StartedOptions): Promise<OpenTarget> {
  switch (target.kind) {
    case 'start':
      return startTarget(target, options);
    case 'data': {
      const { openDatabase } = await import('./opened-database.ts');
      const { client, startMs, endMs, close } = await openDatabase(target.path);
      const checked = { client, arrivals: () => new ServerArrivals(client), whole: { startMs, endMs } };
      return { checked, otlpHttp: undefined, environment: {}, keep: nothingKept, close };
    }
    case 'server': {
      const client = new Client(new HttpTransport(target));
      const otlpHttp = target.url.href.replace(/\/+$/, '');
      return {
        checked: { client, arrivals: () => new ServerArrivals(client) },
        otlpHttp,
        environment: sdkVariables(otlpHttp),
        keep: nothingKept,
        close: async () => client.close(),
      };
    }
  }
}

async function nothingKept(): Promise<void> {}

async function startTarget(
  { http, otlpGrpc }: Extract<VerifyTarget, { kind: 'start' }>,
  { keepsDatabase, isLgtm }: StartedOptions,
): Promise<OpenTarget> {
  const [{ start }, { openLocalEngine }, { DEFAULT_CONFIG }, { createLogger }] = await Promise.all([
    import('../main.ts'),
    import('../local-engine.ts'),
    import('../config/settings.ts'),
    import('../base/log.ts'),
  ]);
  // In memory there is no file that could be copied.
  const folder = keepsDatabase ? mkdtempSync(join(tmpdir(), 'trilite-verify-')) : undefined;
  const remove = () => folder && rmSync(folder, { recursive: true, force: true });
  try {
    const running = await start(
      {
        ...DEFAULT_CONFIG,
        dataDir: folder ?? ':memory:',
        http: [http ?? ANY_PORT],
        otlpGrpc: otlpGrpc ?? ANY_PORT,
        retentionMs: { metrics: 0, logs: 0, traces: 0 },
        query: { ...DEFAULT_CONFIG.query, lookbackMs: LOOKBACK_MS },
        ...(isLgtm && { otlp: { ...DEFAULT_CONFIG.otlp, promoteResourceAttributes: LGTM_PROMOTED } }),
        enableAdminApi: keepsDatabase,
        selfScrape: false,
        autoReload: false,
      },
      {
        openEngine: openLocalEngine,
        log: createLogger('error'),
        ...(isLgtm && { grafana: { address: ANY_PORT, version: LGTM_GRAFANA } }),
      },
    );
    running.begin();
    const base = `http://127.0.0.1:${running.http[0]!.port}`;
    const client = new Client(new HttpTransport({ url: new URL(base) }));
    return {
      checked: { client, arrivals: () => new ToldArrivals((listener) => running.sink.onArrival(listener)) },
      otlpHttp: base,
      // The last that was opened.
      ...(isLgtm && { grafanaUrl: `http://127.0.0.1:${running.http.at(-1)!.port}` }),
      environment: { ...sdkVariables(base), TRILITE_ADDR: base },
      keep: async (file) => {
        const path = '/api/v1/admin/tsdb/snapshot';
        const { data } = await client.json<{ data: { name: string } }>({ method: 'POST', path });
        copyFileSync(join(folder!, 'snapshots', data.name, 'trilite.db'), file);
      },
      close: async () => {
        client.close();
        await running.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function sdkVariables(endpoint: string): Record<string, string> {
  return {
    OTEL_SDK_DISABLED: 'false',
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_LOGS_EXPORTER: 'otlp',
    OTEL_TRACES_SAMPLER: 'always_on',
    OTEL_BSP_SCHEDULE_DELAY: EXPORT_DELAY_MS,
    OTEL_BLRP_SCHEDULE_DELAY: EXPORT_DELAY_MS,
    OTEL_METRIC_EXPORT_INTERVAL: METRIC_INTERVAL_MS,
    OTEL_METRIC_EXPORT_TIMEOUT: METRIC_INTERVAL_MS,
  };
}
