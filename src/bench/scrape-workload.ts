/** Scraping: pages of N targets, whose values go on at each scrape. */

import { countSamples } from './count-samples.ts';
import { Page } from './encode/exposition.ts';
import { describeChurn, MetricSeries } from './metric-series.ts';
import { seedOf } from './random.ts';
import type { LoadOptions, ServedPages, ServeWorkload } from './workload.ts';

/** What every scrape adds about itself; it carries the run's label and was not on the page. */
const OWN_SAMPLES = /^(up|scrape_.+)$/;

class MetricPages implements ServedPages {
  readonly #targets: readonly { readonly series: MetricSeries; readonly page: Page }[];

  constructor(options: LoadOptions) {
    const perTarget = Math.max(1, Math.ceil(options.series / options.targets));
    this.#targets = Array.from({ length: options.targets }, (_, target) => {
      const own = { ...options, series: perTarget, targets: 1, seed: seedOf(options.seed, target) };
      const series = new MetricSeries(own);
      return { series, page: new Page(series) };
    });
  }

  next(target: number): Uint8Array {
    const { series, page } = this.#targets[target]!;
    const churned = series.next();
    for (let k = 0; k < (churned?.count ?? 0); k++) page.refresh((churned!.start + k) % series.count);
    return page.bytes();
  }

  items(target: number): number {
    return this.#targets[target]!.series.count;
  }
}

export const SCRAPE: ServeWorkload = {
  drive: 'serve',
  name: 'scrape',
  summary: 'the system scrapes pages that the benchmark serves',
  unit: 'samples',
  needs: ['prometheus'],
  // Items follow from the duration.
  defaults: { series: 10_000, batch: 1, items: 1, intervalMs: 5000 },
  describe: (o) =>
    `${o.targets} targets with ${Math.ceil(o.series / o.targets)} series each${describeChurn(o)}, scraped every ${o.intervalMs / 1000} s`,
  pages: (options) => new MetricPages(options),
  count: (system, options, sent) => countSamples(system, options.run, sent, options.intervalMs, OWN_SAMPLES),
};
