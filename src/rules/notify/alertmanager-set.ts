/**
 * Alertmanagers that one section of the configuration finds, and a send loop for each. An Alertmanager is known by its URL:
 * one that is found again keeps its queue, one that is gone is sent what it has waiting and no more.
 */

import { finished } from 'node:stream/promises';
import type { Clock } from '../../base/clock.ts';
import { HttpClient } from '../../base/http-request.ts';
import type { Logger } from '../../base/log.ts';
import { startSliced } from '../../base/slices.ts';
import type { Labels } from '../../model/labels.ts';
import { compileRelabel, type NameValidation, type RelabelRule, relabel } from '../../model/relabel.ts';
import type { AlertmanagerConfig, AlertmanagerDiscovery, AlertmanagerGroup } from './alertmanager-config.ts';
import { addressFault, discoveredLabels, urlOf } from './alertmanager-target.ts';
import type { Notice } from './notice.ts';
import type { NotifyTelemetry } from './notify-telemetry.ts';
import { type Post, type SendLimits, SendLoop } from './send-loop.ts';

/** Notices that are relabelled between two looks at the clock. */
const PER_STEP = 32;

export interface SetParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly telemetry: NotifyTelemetry;
  readonly userAgent: string;
  readonly nameValidation: NameValidation;
  /** In place of HTTP. */
  readonly post?: Post | undefined;
  limits(): SendLimits;
}

export class AlertmanagerSet {
  readonly #config: AlertmanagerConfig;
  readonly #parts: SetParts;
  readonly #discovery: AlertmanagerDiscovery;
  readonly #relabel: readonly RelabelRule[];
  readonly #alertRelabel: readonly RelabelRule[];
  readonly #client: HttpClient;
  /** By URL. */
  readonly #loops = new Map<string, SendLoop>();
  readonly #ending = new Set<Promise<void>>();
  readonly #cutOff = new AbortController();
  #dropped: string[] = [];

  constructor(config: AlertmanagerConfig, discovery: AlertmanagerDiscovery, parts: SetParts) {
    this.#config = config;
    this.#parts = parts;
    this.#discovery = discovery;
    this.#relabel = compileRelabel(config.relabelConfigs);
    this.#alertRelabel = compileRelabel(config.alertRelabelConfigs);
    this.#client = new HttpClient(config.client);
  }

  start(): void {
    this.#discovery.start((groups) => this.#sync(groups));
  }

  /** URLs of the Alertmanagers that are sent to. */
  active(): string[] {
    return [...this.#loops.keys()];
  }

  /** Those that relabelling dropped. */
  dropped(): readonly string[] {
    return this.#dropped;
  }

  loops(): Iterable<SendLoop> {
    return this.#loops.values();
  }

  /** Queues the alerts for every Alertmanager. */
  async send(notices: readonly Notice[]): Promise<void> {
    const own = this.#alertRelabel.length === 0 ? notices : await startSliced(this.#relabelAll(notices));
    if (own.length === 0) return;
    for (const loop of this.#loops.values()) loop.add(own);
  }

  *#relabelAll(notices: readonly Notice[]): Generator<void, Notice[]> {
    const out: Notice[] = [];
    for (let i = 0; i < notices.length; i++) {
      if (i % PER_STEP === PER_STEP - 1) yield;
      const labels = relabel(notices[i]!.labels, this.#alertRelabel, this.#parts.nameValidation);
      if (labels) out.push(notices[i]!.with(labels));
    }
    return out;
  }

  /** Brings the loops in line with what was found. */
  #sync(groups: readonly AlertmanagerGroup[]): void {
    const wanted = new Set<string>();
    this.#dropped = [];
    for (const group of groups) {
      for (const address of group.targets) {
        const found = discoveredLabels(address, group, this.#config);
        const labels = relabel(found, this.#relabel, this.#parts.nameValidation);
        if (!labels) this.#dropped.push(urlOf(found));
        else if (this.#isUsable(labels)) wanted.add(urlOf(labels));
      }
    }
    for (const [url, loop] of this.#loops) {
      if (wanted.has(url)) continue;
      this.#loops.delete(url);
      this.#end(loop, true);
    }
    for (const url of wanted) {
      if (!this.#loops.has(url)) this.#loops.set(url, this.#newLoop(url));
    }
  }

  #isUsable(labels: Labels): boolean {
    const error = addressFault(labels);
    if (error !== undefined) this.#parts.log.warn('Alertmanager not usable', { error });
    return error === undefined;
  }

  #newLoop(url: string): SendLoop {
    const { clock, log, telemetry, userAgent, limits, post } = this.#parts;
    const { timeoutMs } = this.#config;
    return new SendLoop(url, {
      ...{ clock, log, telemetry, userAgent, limits, timeoutMs },
      post: post ?? ((...args) => postHttp(this.#client, ...args)),
    });
  }

  #end(loop: SendLoop, drains: boolean): void {
    const ended = loop.stop(drains, this.#cutOff.signal).finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  /** What waits is sent, where it `drains`, until `cutOff`. */
  async stop(drains: boolean, cutOff?: AbortSignal): Promise<void> {
    this.#discovery.stop();
    for (const loop of this.#loops.values()) this.#end(loop, drains);
    this.#loops.clear();
    if (cutOff?.aborted) this.#cutOff.abort();
    else cutOff?.addEventListener('abort', () => this.#cutOff.abort(), { once: true });
    await Promise.all(this.#ending);
    this.#client.close();
  }
}

async function postHttp(
  client: HttpClient,
  ...[url, headers, body, signal]: Parameters<Post>
): ReturnType<Post> {
  const response = await client.send({ method: 'POST', url, headers, body, signal });
  const { statusCode: status = 0, statusMessage = '' } = response;
  // What it says does not matter, but is read so that the connection can be used again.
  await finished(response.resume()).catch(() => {});
  return { status, text: `${status} ${statusMessage}`.trim() };
}
