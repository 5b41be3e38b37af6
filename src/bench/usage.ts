/** The texts of `trilite bench --help` and `--list`. */

import { formatDuration } from '../model/duration.ts';
import { WORKLOADS } from './workloads.ts';

const DEFAULT_DURATION_MS = 60_000;

export const BENCH_USAGE = `Usage: trilite bench [WORKLOAD...] [flags]

Sends load to a system, measures, reads back what it has stored, and reports. Workloads run one after the other;
without one: remote-write. Data is the same for the same seed.

  --workload NAME[,NAME]  names workloads as well

Systems under test
  --target KIND=URL[,KIND=URL...][,name=NAME][,pid=PID][,data=DIR]
                        a system and its APIs: prometheus, loki, tempo, otlp (over HTTP), otlp-grpc, or trilite for all of
                        them at one URL. A path in a URL is put before a request's own. Repeatable: several systems get the
                        same bytes in alternation, and ratios are reported. Without it: Trilite at its default addresses
  --pid PID[,PID]       of the target before it: a process on this machine; adds CPU seconds and memory
  --data-dir DIR        of the target before it: adds bytes on disk; found from the open files of --pid where that is clear
  --name NAME           of the target before it, in the report
  --header 'NAME: VALUE'  of the target before it: sent with every request, such as X-Scope-OrgID
  --baseline NAME       the target that ratios are against (the first)

Load
  --seed N              of the data (1)
  --series N            series at a time; for logs streams, for traces and OTLP services
  --churn SHARE         share of the series that is replaced by new ones at each churn, 0 to 1 (0)
  --churn-every N       scrapes between two churns (20)
  --batch N             items per request
  --items N             items to each system; 10k, 2M are fine
  --duration DURATION   instead of --items: as much as is taken in about this time; with both whichever is over first
  --interval DURATION   time between two items of a series (15s)
  --start-ago DURATION  how long ago the first item lies; otherwise so that the newest lies at about now
  --targets N           instances that the series are spread over; pages to scrape (10)
  --rate N              items per second and system; without it as fast as they are taken
  --concurrency N       requests at a time (4; of the query sets 1)
  --rounds N            slices of the load; between them systems alternate (5)
  --run NAME            names the run's items (label or attribute bench_run), so that they can be counted and asked for
  --lines FORM          log lines: json, logfmt, access or mix
  --transport http|grpc how OTLP is sent, for workloads that have both
  --repeat N            how often each query of a set is asked
  --speedup N           how much faster than the clock the time of a paced workload's data goes

  Items are sent oldest first. Systems refuse what is too old: a Prometheus that also scrapes takes nothing older than an
  hour before its newest sample, Loki a week. So the time that a load spans, items / series * interval, should stay
  below 50 minutes there; the default does.

Refusals
  --no-retry            do not send again what was refused. Otherwise 429, 5xx and broken connections are tried again after
                        Retry-After or a growing pause, as senders do; every refused attempt is counted
  --give-up DURATION    after this long a request is not tried any more (1m)
  --timeout DURATION    of one attempt (30s)

Afterwards
  --settle-max DURATION how long a system may take to come to rest (1m): it is asked to flush and to merge where it has
                        a call for that, then waited for until it uses less than 3 % of a CPU over 3 s
  --settle-min DURATION wait at least so long: Tempo builds its blocks, and Prometheus cuts its head, minutes later (0)
  --no-settle           do not wait; CPU and disk are then those of the moment
  --readback-max DURATION
                        how long what was acknowledged may take to be found (30s)
  --no-readback         do not count what is stored

Scraping (workload scrape)
  --listen HOST:PORT    where the pages are served (127.0.0.1:9464)
  --write-scrape-config FILE
                        writes the scrape_configs to give to the system; for several systems to FILE.NAME each.
                        With --duration 0 nothing else is done

Reports
  --json FILE           the report for machines; "-" prints it instead of the table
  --quiet               no progress on stderr
  --list, --help

CPU "while pushing" is what the processes used while requests were under way, "settled" what they used from the first
request until they had come to rest. Peak memory is since the process began. Bytes on disk are allocated bytes of all
files of the data directory. Lost = acknowledged and not found.

Ends with 0; with 1 where acknowledged items were lost, or nothing was acknowledged, or a system failed; with 2 for
flags that cannot be.

  trilite bench --target trilite=http://127.0.0.1:9090 --pid $(pidof -s node) remote-write loki-push-json
  trilite bench --target trilite=http://127.0.0.1:9090,pid=11 --target prometheus=http://127.0.0.1:9091,pid=12
`;

export function workloadList(): string {
  const width = Math.max(...WORKLOADS.map(({ name }) => name.length));
  const lines = WORKLOADS.map(({ name, summary, drive, unit, needs, defaults }) => {
    const series = `--series ${defaults.series}`;
    // What a query set asks for is what its `--items` put in place.
    const items = `--items ${defaults.items}${unit === 'queries' ? '' : ` ${unit}`}`;
    const load =
      drive === 'push'
        ? `${items} ${series} --batch ${defaults.batch}`
        : `--duration ${formatDuration(defaults.durationMs ?? DEFAULT_DURATION_MS)} ${series}`;
    return `${name.padEnd(width)}  ${summary}\n${' '.repeat(width)}  ${load}; needs ${needs.join(', ')}`;
  });
  return `${lines.join('\n')}\n`;
}
