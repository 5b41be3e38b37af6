/**
 * The data source's own code, bundled, in a page that has no more of a browser than it asks for. What it wants of
 * Grafana goes to a `GrafanaServer`.
 */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { GrafanaServer, type PageAnswer, type PageRequest } from './grafana-server.ts';

const CACHE =
  process.env.TRILITE_TEST_CACHE ?? path.join(import.meta.dirname, '../../../../node_modules/.cache/clients');
const FOLDER = path.join(CACHE, 'grafana-frontend');
/** The reason not to run; false to run. */
export const FRONTEND_MISSING = existsSync(path.join(FOLDER, 'ready'))
  ? false
  : 'no @grafana/prometheus: test/clients/grafana/prometheus-frontend/setup.sh brings it';

/** What of the data source, and of Grafana around it, is bundled. */
const ENTRY = `
export { dateTime } from '@grafana/data';
export { PrometheusDatasource } from '@grafana/prometheus';
export { setBackendSrv, setDataSourceSrv, setTemplateSrv } from '@grafana/runtime';
export { firstValueFrom, Observable } from 'rxjs';
`;

export interface TimeRange {
  readonly from: unknown;
  readonly to: unknown;
  readonly raw: { readonly from: string; readonly to: string };
}

export interface Found {
  readonly text: string;
}

export interface FrameField {
  readonly name: string;
  readonly type: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly values: readonly unknown[];
  readonly config: { readonly links?: readonly { readonly title: string }[] };
}

export interface PageFrame {
  readonly refId: string;
  readonly name?: string;
  readonly fields: readonly FrameField[];
  readonly meta?: { readonly type?: string; readonly custom?: { readonly resultType?: string } };
}

interface LanguageProvider {
  start(range: TimeRange): Promise<unknown>;
  retrieveMetrics(): readonly string[];
  retrieveLabelKeys(): readonly string[];
  retrieveHistogramMetrics(): readonly string[];
  retrieveMetricsMetadata(): Readonly<Record<string, { readonly type: string; readonly help: string }>>;
  queryLabelKeys(range: TimeRange, match?: string): Promise<string[]>;
  queryLabelValues(range: TimeRange, label: string, match?: string, limit?: number): Promise<string[]>;
  getSearchApiClient(): SearchClient | undefined;
}

interface SearchClient {
  searchMetricNames(
    range: TimeRange,
    term: string,
    options?: object,
  ): Promise<{ readonly results: readonly { readonly name: string }[]; readonly hasMore: boolean }>;
}

export interface PrometheusDatasource {
  readonly languageProvider: LanguageProvider;
  readonly exemplarsAvailable: boolean;
  readonly ruleMappings: Readonly<Record<string, readonly { readonly query: string }[]>>;
  readonly annotations: {
    prepareAnnotation(annotation: object): object;
    processEvents(annotation: object, frames: readonly PageFrame[]): unknown;
  };
  init(): Promise<void>;
  testDatasource(): Promise<{ readonly status: string; readonly message: string }>;
  metricFindQuery(query: string, options: { readonly range: TimeRange }): Promise<Found[]>;
  getTagKeys(options: object): Promise<Found[]>;
  getTagValues(options: object): Promise<Found[]>;
  query(request: object): unknown;
}

interface Subscriber {
  next(value: unknown): void;
  error(error: unknown): void;
  complete(): void;
}

interface Bundle {
  dateTime(value?: unknown): { subtract(amount: number, unit: string): unknown };
  firstValueFrom<T>(observable: unknown): Promise<T>;
  Observable: new (subscribe: (subscriber: Subscriber) => void) => object;
  PrometheusDatasource: new (settings: object) => PrometheusDatasource;
  setBackendSrv(service: object): void;
  setDataSourceSrv(service: object): void;
  setTemplateSrv(service: object): void;
}

export interface Page {
  readonly server: GrafanaServer;
  /** The last hour. */
  readonly range: TimeRange;
  /** A data source with these settings, as provisioning would say them. */
  datasource(jsonData?: object): PrometheusDatasource;
  first<T>(observable: unknown): Promise<T>;
}

async function loadBundle(): Promise<Bundle> {
  const outfile = path.join(FOLDER, 'bundle.mjs');
  await build({
    stdin: { contents: ENTRY, resolveDir: FOLDER },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'error',
  });
  const kept = new Map<string, string>();
  const localStorage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  };
  Object.assign(globalThis, {
    window: Object.assign(Object.create(globalThis), {
      addEventListener: () => {},
      removeEventListener: () => {},
      localStorage,
      location: new URL('http://grafana.test/'),
      grafanaBootData: { settings: {}, user: {}, navTree: [] },
    }),
  });
  return (await import(pathToFileURL(outfile).href)) as Bundle;
}

/** `base` is where the data source is. */
export async function openPage(base: string): Promise<Page> {
  const bundle = await loadBundle();
  const server = new GrafanaServer(base);
  const observed = (run: (subscriber: Subscriber) => Promise<void>) =>
    new bundle.Observable((subscriber) => {
      run(subscriber).then(
        () => subscriber.complete(),
        (error) => subscriber.error(error),
      );
    });
  bundle.setBackendSrv({
    fetch: (request: PageRequest) =>
      observed(async (subscriber) => {
        const answer: PageAnswer = await server.handle(request);
        if (!answer.ok) throw answer;
        subscriber.next(answer);
      }),
    chunked: (request: PageRequest) =>
      observed(async (subscriber) => {
        const { ok, status, statusText, body } = await server.stream(request);
        for await (const data of body!) subscriber.next({ ok, status, statusText, data });
      }),
  });
  bundle.setTemplateSrv({
    replace: (text: string) => text,
    getVariables: () => [],
    containsTemplate: () => false,
  });
  const settings = {
    id: 1,
    uid: 'prometheus',
    type: 'prometheus',
    name: 'Prometheus',
    access: 'proxy',
    url: '/api/datasources/proxy/uid/prometheus',
    meta: { id: 'prometheus' },
  };
  bundle.setDataSourceSrv({ getInstanceSettings: () => settings });
  const from = bundle.dateTime(bundle.dateTime().subtract(1, 'hour'));
  return {
    server,
    range: { from, to: bundle.dateTime(), raw: { from: 'now-1h', to: 'now' } },
    datasource: (jsonData = {}) => new bundle.PrometheusDatasource({ ...settings, jsonData }),
    first: (observable) => bundle.firstValueFrom(observable),
  };
}
