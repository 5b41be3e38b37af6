/** The series that a scrape leaves about itself: `up` and `scrape_…`. */

export const REPORT_NAMES = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
  'scrape_timeout_seconds',
  'scrape_sample_limit',
  'scrape_body_size_bytes',
] as const;
/** Without `extra_scrape_metrics`. */
export const REPORT_NAMES_BASIC = 5;

/** What a scrape says of itself. */
export interface ScrapeReport {
  readonly up: boolean;
  readonly durationSeconds: number;
  /** Samples in the exposition, up to the bad line where there is one. */
  readonly scraped: number;
  /** Of these, the ones that metric relabelling left. */
  readonly postRelabel: number;
  /** Series that the scrape before had not. */
  readonly added: number;
  readonly timeoutSeconds: number;
  readonly sampleLimit: number;
  readonly bodyBytes: number;
}

/** In the order of `REPORT_NAMES`. */
export function reportValues(report: ScrapeReport): number[] {
  return [
    report.up ? 1 : 0,
    report.durationSeconds,
    report.scraped,
    report.postRelabel,
    report.added,
    report.timeoutSeconds,
    report.sampleLimit,
    report.bodyBytes,
  ];
}
