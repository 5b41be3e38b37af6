/**
 * The pods of a Kubernetes cluster: listed once, then watched. The watch goes on from where the one before ended; where
 * the server has forgotten that, everything is listed again. What was known stays known while the server cannot be
 * reached.
 */

import type { IncomingMessage } from 'node:http';
import type { Clock, Timer } from '../../base/clock.ts';
import type { HttpClientConfig } from '../../base/http-client.ts';
import { HttpClient } from '../../base/http-request.ts';
import { TriliteError } from '../../model/errors.ts';
import type { TargetGroup } from '../target.ts';
import type { Discovery } from './discovery.ts';
import { type Pod, podGroups, podKey } from './kubernetes-pods.ts';

export interface KubernetesPodsConfig {
  readonly apiServer: string;
  /** None: all. */
  readonly namespaces: readonly string[];
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly client: HttpClientConfig;
}

/** Objects in one page of a list. */
const PAGE_OBJECTS = 500;
/** The server ends a watch after this; a connection that died without a word is noticed then. */
const WATCH_SECONDS = 300;
const LIST_TIMEOUT_MS = 30_000;
const RETRY_MS = 5000;
/** Changes come in bursts. */
const UPDATE_DELAY_MS = 100;
const GONE = 410;

interface List {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly Pod[];
}

interface WatchEvent {
  readonly type: string;
  readonly object: Pod & { readonly code?: number; readonly message?: string };
}

export class KubernetesDiscovery implements Discovery {
  readonly #config: KubernetesPodsConfig;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #abort = new AbortController();
  /** By path of the list: pods of one namespace, or of all. */
  readonly #pods = new Map<string, Map<string, Pod>>();
  readonly #client: HttpClient;
  #timer: Timer | undefined;

  constructor(config: KubernetesPodsConfig, clock: Clock, onError: (error: unknown) => void) {
    this.#config = config;
    this.#client = new HttpClient(config.client);
    this.#clock = clock;
    this.#onError = onError;
  }

  start(update: (groups: readonly TargetGroup[]) => void): void {
    const { namespaces } = this.#config;
    const paths =
      namespaces.length === 0
        ? ['/api/v1/pods']
        : namespaces.map((n) => `/api/v1/namespaces/${encodeURIComponent(n)}/pods`);
    const changed = (): void => {
      this.#timer ??= this.#clock.after(UPDATE_DELAY_MS, () => {
        this.#timer = undefined;
        const pods = [...this.#pods.values()].flatMap((known) => [...known.values()]);
        update(pods.flatMap(podGroups));
      });
    };
    for (const path of paths) void this.#run(path, changed);
  }

  stop(): void {
    this.#abort.abort();
    this.#timer?.cancel();
    this.#client.close();
  }

  async #run(path: string, changed: () => void): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        let version: string | undefined = await this.#list(path, changed);
        while (version !== undefined && !signal.aborted) {
          version = await this.#watch(path, version, changed);
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#onError(error);
        await new Promise<void>((resolve) => this.#clock.after(RETRY_MS, resolve));
      }
    }
  }

  /** All pods there are; resolves with the version that a watch goes on from. */
  async #list(path: string, changed: () => void): Promise<string> {
    const pods = new Map<string, Pod>();
    let next = '';
    for (;;) {
      const query = { limit: String(PAGE_OBJECTS), ...(next !== '' && { continue: next }) };
      const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(LIST_TIMEOUT_MS)]);
      const response = await this.#get(path, query, signal);
      const list = JSON.parse(await textOf(response)) as List;
      for (const pod of list.items ?? []) pods.set(podKey(pod), pod);
      next = list.metadata?.continue ?? '';
      if (next !== '') continue;
      this.#pods.set(path, pods);
      changed();
      return list.metadata?.resourceVersion ?? '';
    }
  }

  /** Resolves with the version to go on from when the server ends the watch; undefined where it has forgotten it. */
  async #watch(path: string, from: string, changed: () => void): Promise<string | undefined> {
    let version = from;
    const response = await this.#get(
      path,
      {
        watch: '1',
        resourceVersion: from,
        allowWatchBookmarks: 'true',
        timeoutSeconds: String(WATCH_SECONDS),
      },
      AbortSignal.any([this.#abort.signal, AbortSignal.timeout((WATCH_SECONDS + 30) * 1000)]),
    );
    if (response.statusCode === GONE) return undefined;
    response.setEncoding('utf8');
    let rest = '';
    for await (const piece of response) {
      const lines = (rest + (piece as string)).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        if (line.trim() === '') continue;
        const { type, object } = JSON.parse(line) as WatchEvent;
        if (type === 'ERROR') {
          if (object.code === GONE) return undefined;
          throw new TriliteError('execution', `watching ${path}: ${object.message ?? object.code}`);
        }
        version = object.metadata.resourceVersion ?? version;
        if (type === 'BOOKMARK') continue;
        const known = this.#pods.get(path)!;
        if (type === 'DELETED') known.delete(podKey(object));
        else known.set(podKey(object), object);
        changed();
      }
    }
    return version;
  }

  /** Rejects for every status but 200 and 410. */
  async #get(
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { apiServer, labelSelector, fieldSelector } = this.#config;
    const url = new URL(apiServer.replace(/\/$/, '') + path);
    for (const [name, value] of Object.entries({ ...query, labelSelector, fieldSelector })) {
      if (value !== '') url.searchParams.set(name, value);
    }
    const headers = { Accept: 'application/json' };
    const response = await this.#client.send({ method: 'GET', url: url.href, headers, signal });
    if (response.statusCode === 200 || response.statusCode === GONE) return response;
    const text = (await textOf(response)).trim().slice(0, 200);
    throw new TriliteError(
      'execution',
      `GET ${url.pathname}: ${apiServer} answered ${response.statusCode}: ${text}`,
    );
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const piece of response) text += piece;
  return text;
}
