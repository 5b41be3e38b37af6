/** Why scrapes fail: errors sorted by cause, with what helps. The words are those that the status of targets shows. */

export interface ScrapeCause {
  /** For ids and grouping. */
  readonly cause: string;
  readonly words: string;
  readonly remedy: string;
}

interface Known extends ScrapeCause {
  readonly error: RegExp;
}

const CAUSES: readonly Known[] = [
  {
    cause: 'refused',
    error: /connection refused|ECONNREFUSED/i,
    words: 'nothing listens there',
    remedy:
      'is the process running, on that port, and not on its loopback alone (`ss -ltn` there)? Inside a container, localhost is the container: use the service name or host.docker.internal',
  },
  {
    cause: 'dns',
    error: /no such host|ENOTFOUND|EAI_AGAIN|server misbehaving/i,
    words: 'the name is not known',
    remedy:
      'check the host name in static_configs or discovery, and that this machine resolves it (`getent hosts NAME`)',
  },
  {
    cause: 'unreachable',
    error: /no route to host|network is unreachable|EHOSTUNREACH|ENETUNREACH/i,
    words: 'there is no way to the machine',
    remedy: 'check the address, the network and firewalls between here and there',
  },
  {
    cause: 'timeout',
    error: /deadline exceeded|timed? ?out/i,
    words: 'no answer in time',
    remedy:
      'raise scrape_timeout (it may be as long as scrape_interval), make the exporter faster, or look for a firewall that drops packets',
  },
  {
    cause: 'tls',
    error: /tls:|x509|certificate|first record does not look|EPROTO|SSL/i,
    words: 'TLS fails',
    remedy:
      'scheme: https where the target speaks TLS and http where not; its CA in tls_config: ca_file, its name in server_name',
  },
  {
    cause: 'plain_to_tls',
    error: /HTTP status 400|malformed HTTP response/i,
    words: 'the target does not understand the request',
    remedy: 'a 400 is often a target that speaks HTTPS: scheme: https',
  },
  {
    cause: 'unauthorized',
    error: /HTTP status 40[13]/,
    words: 'the target wants credentials',
    remedy: 'basic_auth, authorization (credentials_file) or oauth2 in the scrape job',
  },
  {
    cause: 'not_found',
    error: /HTTP status 404/,
    words: 'there are no metrics at this path',
    remedy: 'metrics_path of the job is not where the target has its metrics: try `curl URL`',
  },
  {
    cause: 'status',
    error: /HTTP status \d+/,
    words: 'the target answers with an error',
    remedy: "look at the target's own log",
  },
  {
    cause: 'html',
    error: /text\/html|Content-Type/i,
    words: 'the target answers with something that is no metrics (an HTML page?)',
    remedy:
      'metrics_path or the port is that of a web page, or a proxy asks for a login; of an exporter that only leaves its type out: fallback_scrape_protocol: PrometheusText0.0.4',
  },
  {
    cause: 'body_size',
    error: /body size limit/,
    words: 'the answer is larger than allowed',
    remedy: 'raise body_size_limit of the job, or have the exporter tell less',
  },
  {
    cause: 'sample_limit',
    error: /(sample|label|bucket).*limit|limit exceeded/i,
    words: 'a limit of the job is passed',
    remedy:
      'raise sample_limit (label_limit …) of the job, or drop series with metric_relabel_configs: nothing of such a scrape is kept',
  },
  {
    cause: 'parse',
    error: /expected|invalid|unexpected|parse|unsupported|no metric name|strconv/i,
    words: 'the answer cannot be parsed',
    remedy: '`curl -s URL | trilite check metrics` says in which line and why',
  },
];

const OTHER: ScrapeCause = {
  cause: 'other',
  words: 'scraping fails',
  remedy: 'try `curl -v URL` from this machine',
};

export function scrapeCause(error: string): ScrapeCause {
  return CAUSES.find((known) => known.error.test(error)) ?? OTHER;
}
