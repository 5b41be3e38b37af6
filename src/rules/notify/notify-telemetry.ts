/** Metrics of notifications, under Prometheus' own names, which dashboards and alerts about alerting know. */

import type { Summary } from '../../base/summary.ts';
import type { Counter, Family, HistogramCounter, Telemetry } from '../../base/telemetry.ts';

const PREFIX = 'prometheus_notifications_';
const LABEL = ['alertmanager'];
/** Seconds; the original's. */
const LATENCY_BUCKETS: readonly number[] = [0.01, 0.1, 1, 10];
const LATENCY_QUANTILES: readonly number[] = [0.5, 0.9, 0.99];

/** What is asked when metrics are. */
export interface QueueView {
  /** URLs of the Alertmanagers that are sent to. */
  active(): readonly string[];
  /** Alerts that wait, by URL. */
  queueLengths(): Iterable<readonly [url: string, length: number]>;
  queueCapacity(): number;
}

export class NotifyTelemetry {
  readonly #sent: Family<Counter>;
  readonly #errors: Family<Counter>;
  readonly #dropped: Family<Counter>;
  readonly #latency: Family<HistogramCounter>;
  readonly #latencies: Family<Summary>;
  /** Send loops by URL: while a configuration takes the place of another there may be two. */
  readonly #loops = new Map<string, number>();

  constructor(telemetry: Telemetry, view: QueueView) {
    this.#sent = telemetry.counter(`${PREFIX}sent_total`, 'Alerts that were sent.', LABEL);
    this.#errors = telemetry.counter(`${PREFIX}errors_total`, 'Alerts whose sending failed.', LABEL);
    const dropped = 'Alerts that were dropped: sending failed, or there was no room in the queue.';
    this.#dropped = telemetry.counter(`${PREFIX}dropped_total`, dropped, LABEL);
    const latency = 'How long an Alertmanager took to take a batch of alerts.';
    this.#latency = telemetry.histogram(
      `${PREFIX}latency_histogram_seconds`,
      latency,
      LABEL,
      LATENCY_BUCKETS,
    );
    this.#latencies = telemetry.summary(`${PREFIX}latency_seconds`, latency, LATENCY_QUANTILES, LABEL);
    telemetry.onCollect(() => {
      const found = 'Alertmanagers that were found and are sent to.';
      telemetry.gauge(`${PREFIX}alertmanagers_discovered`, found).with().set(view.active().length);
      const capacity = 'Alerts that may wait for one Alertmanager.';
      telemetry.gauge(`${PREFIX}queue_capacity`, capacity).with().set(view.queueCapacity());
      const length = telemetry.gauge(`${PREFIX}queue_length`, 'Alerts that wait.', LABEL);
      length.clear();
      for (const [url, count] of view.queueLengths()) length.with(url).add(count);
    });
  }

  get #families() {
    return [this.#sent, this.#errors, this.#dropped, this.#latency, this.#latencies];
  }

  /** So that an Alertmanager shows before anything was sent to it. */
  begin(url: string): void {
    this.#loops.set(url, (this.#loops.get(url) ?? 0) + 1);
    for (const family of this.#families) family.with(url);
  }

  sent(url: string, count: number, seconds: number): void {
    this.#sent.with(url).add(count);
    this.#latency.with(url).observe(seconds);
    this.#latencies.with(url).observe(seconds);
  }

  failed(url: string, count: number): void {
    this.#errors.with(url).add(count);
    this.dropped(url, count);
  }

  dropped(url: string, count: number): void {
    this.#dropped.with(url).add(count);
  }

  /** An Alertmanager that is gone takes its metrics with it. */
  end(url: string): void {
    const left = (this.#loops.get(url) ?? 1) - 1;
    this.#loops.set(url, left);
    if (left > 0) return;
    this.#loops.delete(url);
    for (const family of [this.#sent, this.#errors, this.#dropped, this.#latency])
      family.forget(LABEL, [url]);
  }
}
