/**
 * The way to one Alertmanager: a bounded queue, and batches that are posted one after another. What fails is not tried again
 * but dropped: an alert that still matters is due again after the resend delay, with newer times. Nobody waits for this
 * Alertmanager but its own queue.
 */

import type { Clock } from '../../base/clock.ts';
import { networkError } from '../../base/http-request.ts';
import type { Logger } from '../../base/log.ts';
import { inSlices } from '../../base/slices.ts';
import { type Notice, writeNotices } from './notice.ts';
import type { NotifyTelemetry } from './notify-telemetry.ts';

/** Posts a body; resolves with the status and its text, `503 Service Unavailable`. */
export type Post = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  signal: AbortSignal,
) => Promise<{ readonly status: number; readonly text: string }>;

export interface SendLimits {
  readonly queueCapacity: number;
  readonly batchSize: number;
}

export interface SendLoopParts {
  readonly post: Post;
  readonly clock: Clock;
  readonly log: Logger;
  readonly telemetry: NotifyTelemetry;
  readonly userAgent: string;
  /** Of one request. */
  readonly timeoutMs: number;
  limits(): SendLimits;
}

export class SendLoop {
  readonly url: string;
  readonly #parts: SendLoopParts;
  #queue: Notice[] = [];
  #working: Promise<void> | undefined;
  #request: AbortController | undefined;
  #isStopped = false;
  /** Whether the last batch failed, and whether alerts were dropped since the queue was empty. */
  #isFailing = false;
  #isOverfull = false;

  constructor(url: string, parts: SendLoopParts) {
    this.url = url;
    this.#parts = parts;
    parts.telemetry.begin(url);
  }

  /** Alerts that wait. */
  get length(): number {
    return this.#queue.length;
  }

  /** The oldest alerts make room. */
  add(notices: readonly Notice[]): void {
    if (this.#isStopped) return;
    for (const notice of notices) this.#queue.push(notice);
    const excess = this.#queue.length - this.#parts.limits().queueCapacity;
    if (excess > 0) this.#drop(excess);
    if (this.#queue.length === 0 || this.#working) return;
    this.#working = this.#work();
    this.#parts.clock.during?.(this.#working);
  }

  #drop(count: number): void {
    const { log, telemetry } = this.#parts;
    this.#queue.splice(0, count);
    telemetry.dropped(this.url, count);
    if (!this.#isOverfull) log.warn('alert queue is full, alerts are dropped', { alertmanager: this.url });
    this.#isOverfull = true;
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      const { clock, telemetry } = this.#parts;
      const began = clock.elapsed();
      const problem = await this.#send(batch);
      if (problem === undefined) telemetry.sent(this.url, batch.length, (clock.elapsed() - began) / 1000);
      else telemetry.failed(this.url, batch.length);
      this.#tell(problem, batch.length);
    }
    this.#isOverfull = false;
    this.#working = undefined;
  }

  /** The oldest alerts that are of one tenant. */
  #takeBatch(): Notice[] {
    const max = Math.min(this.#queue.length, this.#parts.limits().batchSize);
    let count = 1;
    while (count < max && this.#queue[count]!.tenant === this.#queue[0]!.tenant) count++;
    return this.#queue.splice(0, count);
  }

  /** What went wrong; undefined where the Alertmanager has taken the alerts. */
  async #send(batch: readonly Notice[]): Promise<string | undefined> {
    const { clock, post, timeoutMs, userAgent } = this.#parts;
    const { tenant } = batch[0]!;
    const controller = new AbortController();
    this.#request = controller;
    const timer = clock.after(timeoutMs, () => controller.abort(new Error('context deadline exceeded')));
    const headers = {
      'Content-Type': 'application/json',
      'User-Agent': userAgent,
      ...(tenant !== undefined && { 'X-Scope-OrgID': tenant }),
    };
    try {
      const body = await inSlices(writeNotices(batch));
      const { status, text } = await post(this.url, headers, body, controller.signal);
      return status >= 200 && status < 300 ? undefined : `bad response status ${text}`;
    } catch (error) {
      return networkError(controller.signal.aborted ? controller.signal.reason : error);
    } finally {
      timer.cancel();
      this.#request = undefined;
    }
  }

  /** A line when it begins to fail and when it is well again, not for each batch. */
  #tell(problem: string | undefined, count: number): void {
    const { log } = this.#parts;
    const isFailing = problem !== undefined;
    if (isFailing === this.#isFailing) return;
    this.#isFailing = isFailing;
    if (isFailing) log.warn('alerts cannot be sent', { alertmanager: this.url, count, error: problem });
    else log.info('alerts are sent again', { alertmanager: this.url });
  }

  /**
   * Takes no more alerts. What waits is sent where it `drains`, until `cutOff`; the rest is dropped. Resolves when
   * no request is under way any more.
   */
  async stop(drains: boolean, cutOff: AbortSignal): Promise<void> {
    const { log, telemetry } = this.#parts;
    this.#isStopped = true;
    const dropAll = (): void => {
      const count = this.#queue.length;
      this.#queue = [];
      telemetry.dropped(this.url, count);
      if (count > 0) log.warn('alerts were not sent before the end', { alertmanager: this.url, count });
    };
    const cut = (): void => {
      dropAll();
      this.#request?.abort(new Error('the server is stopping'));
    };
    if (!drains) dropAll();
    if (cutOff.aborted) cut();
    else cutOff.addEventListener('abort', cut, { once: true });
    await this.#working;
    cutOff.removeEventListener('abort', cut);
    telemetry.end(this.url);
  }
}
