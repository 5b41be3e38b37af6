/** What `trilite help serve` prints. The flags are those of `flags.ts`. */

export const SERVE_USAGE = `Usage: trilite [serve] [flags]
       trilite serve FILE [flags]

Runs the server: metrics, logs and traces in one process and one SQLite file, behind the APIs of Prometheus, Loki and Tempo.

  trilite
  trilite --config prometheus.yml --data /var/lib/trilite
  trilite --data :memory: --http 127.0.0.1:0 --otlp-grpc off

  --config FILE             YAML; a prometheus.yml works as it is, own settings stand under "trilite:"
  --config.auto-reload BOOL the configuration is read again when one of its files changes (true); on SIGHUP it always is
  --promtail-config FILE    a Promtail configuration: the logs it names are followed
  --promtail-config.expand-env
                            \${NAME} in it stands for a variable
  --kubernetes.operator BOOL
                            the Prometheus Operator's resources of the cluster become jobs and rules (false)
  --data DIR                where the database lives (./data); ":memory:" keeps nothing
  --http HOST:PORT          repeatable; each serves every API (127.0.0.1 on 9090, 3100, 3200, 4318)
  --otlp-grpc HOST:PORT     OTLP over gRPC (127.0.0.1:4317); "off" for none
  --jaeger-http HOST:PORT   Jaeger's query API at its own paths; off unless given
  --jaeger                  Jaeger's ports, each unless its own flag says otherwise: 127.0.0.1 on 14268, 5778, 14250,
                            16686, UDP on 6831, 6832
  --jaeger-thrift, --jaeger-udp, --jaeger-grpc HOST:PORT
                            repeatable; spans of Jaeger's clients over HTTP, as datagrams (compact and binary on every
                            port), over gRPC; "off" for none
  --zipkin HOST:PORT        repeatable; spans of Zipkin's clients (usually on 9411); off unless given
  --retention DURATION      of every signal (15d metrics, 7d logs, 2d traces); 0 keeps everything
  --retention.metrics, --retention.logs, --retention.traces DURATION
                            of one signal
  --retention.budget SIZE   of the whole database: past it the oldest data goes, whatever its signal; no limit
  --retention.size.metrics, --retention.size.logs, --retention.size.traces SIZE
                            of one signal
  --query.timeout DURATION  a query is cut off after this (2m)
  --query.max-concurrency N queries at a time (20)
  --query.max-samples N, --query.max-bytes SIZE
                            what one query may hold at a time (50000000, 512MB)
  --query.lookback-delta DURATION
                            how far back a sample is looked for (5m)
  --query.subquery-step DURATION
                            of subqueries that name none (1m)
  --query.delayed-name-removal, --query.use-start-timestamps BOOL
                            features of PromQL that are off by default
  --query.log FILE          gets every PromQL query as a line of JSON
  --query.slow-threshold DURATION
                            slower queries are logged (1s); 0 for none
  --metrics-generator BOOL  metrics are derived from spans (true)
  --metrics-generator.slack DURATION
                            spans that ended longer ago count for no metric (30s); 0 for no limit
  --alertmanager.config FILE
                           an alertmanager.yml: who is told of alerts by the built-in Alertmanager
  --alertmanager.notification-queue-capacity N, --alertmanager.notification-batch-size N
                            alerts that may wait for one Alertmanager (10000), and go in one request (256)
  --alertmanager.drain-notification-queue-on-shutdown BOOL
                            what waits at the end of the server is sent (true)
  --multi-tenancy           requests must say whose logs and metrics they are about (X-Scope-OrgID)
  --cors-origin ORIGIN      repeatable; pages from there may send OTLP over HTTP, Loki pushes and Zipkin spans; one * in it
                            stands for any characters
  --web.cors.origin REGEX   origins whose pages may read Prometheus' API (every one)
  --web.config.file FILE    a web configuration as Prometheus has it: TLS, security headers, users
  --web.external-url URL    where users reach this server, for links in alerts (http://HOSTNAME:PORT)
  --web.enable-admin-api    requests may delete series and make snapshots
  --web.enable-lifecycle    a request may end the server, or have the configuration read again
  --rules.alert.for-outage-tolerance DURATION
                            after a longer outage alerts begin anew (1h)
  --rules.alert.for-grace-period DURATION
                            between a restart and a restored alert that fires, at least (10m)
  --rules.alert.resend-delay DURATION
                            between two notifications of an alert that goes on firing (1m)
  --log-level LEVEL         debug, info, warn or error (info)
  --version, --help

Port 0 picks a free port. Every flag is also an environment variable: --otlp-grpc is TRILITE_OTLP_GRPC; several
addresses are separated by commas. Flags win over the environment, which wins over the file.

Exit code 0 after SIGTERM or Ctrl-C, 1 where it cannot start or the storage is lost, 2 for flags or a configuration that cannot be.
`;
