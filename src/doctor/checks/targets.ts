/** Scraping: targets that are down and why, jobs without any, scrapes that are slow or too seldom, samples left out. */

import { type Finding, finder } from '../finding.ts';
import { scrapeCause } from '../scrape-errors.ts';
import type { Snapshot, TargetState } from '../snapshot.ts';
import { countText, percentText, spanText } from '../words.ts';

const find = finder('targets');

/** Of the timeout: one busy moment more, and the scrape fails. */
const SLOW_SHARE = 0.8;
const NAMED_MAX = 3;

function namesOf(targets: readonly TargetState[]): string {
  const names = targets.slice(0, NAMED_MAX).map(({ job, instance }) => `${instance} (${job})`);
  const rest = targets.length - names.length;
  return names.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

export function downTargets({ targets }: Snapshot): Finding[] {
  const down = targets.filter(({ health }) => health === 'down');
  if (down.length === 0) {
    const up = targets.filter(({ health }) => health === 'up').length;
    return up === 0
      ? []
      : [find('down', 'ok', `${up === 1 ? 'the one target is' : `all ${up} targets are`} up`, { up })];
  }
  const byCause = Map.groupBy(down, ({ error }) => scrapeCause(error).cause);
  return [...byCause.values()].map((group) => {
    const { cause, words, remedy } = scrapeCause(group[0]!.error);
    const summary = `${countText(group.length, 'target')} down, ${words}: ${namesOf(group)}`;
    const evidence = {
      cause,
      down: group.length,
      targets: targets.length,
      error: group[0]!.error,
      url: group[0]!.url,
    };
    return find('down', 'problem', summary, evidence, remedy);
  });
}

export function slowScrapes({ targets }: Snapshot): Finding[] {
  const slow = targets.filter((t) => t.health === 'up' && t.durationMs > t.timeoutMs * SLOW_SHARE);
  if (slow.length === 0) return [];
  const slowest = slow.toSorted((a, b) => b.durationMs / b.timeoutMs - a.durationMs / a.timeoutMs)[0]!;
  const share = slowest.durationMs / slowest.timeoutMs;
  const summary = `${countText(slow.length, 'scrape')} near the timeout: ${slowest.instance} takes ${percentText(share)} of its ${spanText(slowest.timeoutMs)}`;
  const evidence = { slow: slow.length, slowest: slowest.url, seconds: slowest.durationMs / 1000 };
  return [
    find(
      'slow',
      'warn',
      summary,
      evidence,
      'raise scrape_timeout of the job, at most to its scrape_interval, or have the exporter do less',
    ),
  ];
}

export function rareScrapes({ targets, config }: Snapshot): Finding[] {
  const { lookbackMs } = config;
  const rare = targets.filter(({ intervalMs }) => intervalMs >= lookbackMs);
  if (rare.length === 0) return [];
  const intervalMs = Math.max(...rare.map((t) => t.intervalMs));
  const summary = `${countText(rare.length, 'target')} scraped less often than queries look back (${spanText(intervalMs)}, ${spanText(lookbackMs)}): graphs have gaps`;
  const remedy =
    'scrape_interval of these jobs at most half of the look-back, or raise --query.lookback-delta';
  return [find('interval', 'warn', summary, { targets: rare.length, first: namesOf(rare) }, remedy)];
}

export function emptyJobs({ jobs, readings }: Snapshot): Finding[] {
  const discovered = new Map(
    readings
      .of('prometheus_sd_discovered_targets')
      .filter(({ labels }) => labels.name === 'scrape')
      .map(({ labels, value }) => [labels.config!, value]),
  );
  const found: Finding[] = [];
  for (const { job, active, dropped } of jobs) {
    if (active > 0) continue;
    if (dropped > 0) {
      const summary = `job ${job}: relabelling drops all of its ${countText(dropped, 'target')}`;
      const remedy =
        'relabel_configs of the job keep none: the Targets page, Service discovery, shows step by step which rule drops a target';
      found.push(find('all_dropped', 'problem', summary, { job, dropped }, remedy));
    } else if ((discovered.get(job) ?? 0) === 0) {
      const summary = `job ${job} has no targets: discovery finds none`;
      const remedy =
        'see the log for "targets not found"; of file_sd: does the pattern match a file that this process may read; of http_sd, dns_sd, docker_sd: does the address answer from here';
      found.push(find('none_found', 'problem', summary, { job }, remedy));
    }
  }
  return found;
}

export function discoveryFailures({ readings }: Snapshot): Finding[] {
  const failed = readings.of('prometheus_sd_refresh_failures_total').filter(({ value }) => value > 0);
  const unread = readings.sum('prometheus_sd_file_read_errors_total');
  const found = failed.map(({ labels, value }) => {
    const summary = `discovery by ${labels.mechanism} of ${labels.config} failed ${countText(value, 'time')} since the start`;
    const remedy = 'the log names the error ("targets not found"); targets that are known stay meanwhile';
    return find('discovery', 'warn', summary, { ...labels, failures: value }, remedy);
  });
  const refused = readings.sum('prometheus_sd_kubernetes_failures_total');
  if (refused > 0) {
    const summary = `requests to Kubernetes for targets failed ${countText(refused, 'time')} since the start`;
    const remedy =
      'the log names the error ("targets not found") and, where rights are missing, which role would give them; targets that are known stay meanwhile';
    found.push(find('kubernetes', 'warn', summary, { failures: refused }, remedy));
  }
  if (unread > 0) {
    const summary = `files of targets could not be read or parsed, ${countText(unread, 'time')} since the start`;
    found.push(
      find(
        'files',
        'warn',
        summary,
        { failures: unread },
        '`trilite check config FILE` checks them; the log names file and place',
      ),
    );
  }
  return found;
}

const LEFT_OUT = [
  [
    'duplicate_timestamp',
    'prometheus_target_scrapes_sample_duplicate_timestamp_total',
    'a series stands twice in an exposition, or two targets make one series',
    'give targets labels that differ (instance is taken away by relabelling or labeldrop?); honor_labels: true lets exporters overwrite each other',
  ],
  [
    'out_of_bounds',
    'prometheus_target_scrapes_sample_out_of_bounds_total',
    'the exposition has times of its own that are too old, or too far ahead',
    'honor_timestamps: false takes the time of the scrape instead',
  ],
  [
    'out_of_order',
    'prometheus_target_scrapes_sample_out_of_order_total',
    'the exposition has times of its own that go backwards',
    'honor_timestamps: false takes the time of the scrape instead, or widen storage: tsdb: out_of_order_time_window',
  ],
] as const;

export function samplesLeftOut({ readings }: Snapshot): Finding[] {
  const found = LEFT_OUT.flatMap(([id, name, why, remedy]) => {
    const count = readings.sum(name);
    if (count === 0) return [];
    return [
      find(
        id,
        'warn',
        `${countText(count, 'scraped sample')} left out since the start: ${why}`,
        { samples: count },
        remedy,
      ),
    ];
  });
  const wrong = readings.of('prometheus_target_sync_failed_total').filter(({ value }) => value > 0);
  for (const { labels, value } of wrong) {
    const summary = `job ${labels.scrape_job}: targets whose labels make no valid address or interval were left out, ${countText(value, 'time')}`;
    found.push(
      find(
        'invalid',
        'warn',
        summary,
        { job: labels.scrape_job!, times: value },
        '`trilite check config FILE` names the target and what is wrong with it',
      ),
    );
  }
  return found;
}
