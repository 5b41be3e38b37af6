/** What `trilite verify --example` prints. Tests read it, so that it stays true. */

export const VERIFY_EXAMPLE = `# What the telemetry of a test run must be: trilite verify expectations.yaml -- npm test
timeout: 30s             # each expectation must hold within this time
last: 1h                 # how far back it is looked; or from: and to:, as 2026-01-31T12:00:00Z

expectations:
  # Something is found: that alone is expected where nothing else is said.
  - name: checkout is traced
    traceql: '{ resource.service.name = "shop" && name = "POST /checkout" }'

  - name: every checkout succeeds
    traceql: '{ name = "POST /checkout" }'
    count: '>= 1'          # traces; of promql: series, of logql: lines. Also 3, or '> 1, < 10'
    spans: '>= 1'          # spans in all of them
    every:                 # all that is found must be so; any: one of it
      attributes:          # of the span or its resource
        http.response.status_code: 200
        http.route: {matches: '^/check'}   # also equals, not, contains, number: '>= 200', present: true

  - name: orders are counted
    promql: 'orders_total{job="shop"}'
    value: '>= 3'          # beside the query: one of what is found must be so
    labels: {currency: eur}

  - name: the order is logged
    logql: '{service_name="shop"}'
    line: {contains: 'order 42 taken'}
    timeout: 5s

  - name: nothing panics
    logql: '{service_name="shop"} |~ "(?i)panic"'
    absent: true           # nothing may be found ...
    for: 2s                # ... for so long
`;
