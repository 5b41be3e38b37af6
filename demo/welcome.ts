/** What the demo says when the shop is open: what runs where, and what to look at. */

export interface Places {
  /** That of Trilite's addresses which links go to; each has all APIs and the page. */
  readonly base: string;
  /** Where Trilite keeps its data. */
  readonly data: string;
  /** Ports. */
  readonly storefront: number;
  readonly checkout: number;
  readonly payments: number;
}

const SLOW_ORDERS = 'histogram_quantile(0.95, sum by (le) (rate(checkout_duration_seconds_bucket[20s])))';
const WARNINGS = '{service_name=~".+"} | detected_level=~"warn|error"';
const FAILED_PURCHASES = '{ resource.service.name = "storefront" && kind = server && status = error }';

export function welcome({ base, data, storefront, checkout, payments }: Places): string {
  const shop = `http://127.0.0.1:${storefront}`;
  return `
The shop is open: shoppers -> storefront -> checkout -> payments -> a card network, which declines some cards, drops a few, and is
slow for 12 seconds of every minute. Trilite (data: ${data}) has what they tell:
  storefront :${storefront}   traces and metrics by OTLP over HTTP, logs by Loki push
  checkout   :${checkout}   traces by OTLP over HTTP, metrics scraped from /metrics, logs from a file that is followed
  payments   :${payments}   traces, metrics and logs by OTLP over gRPC

  the page           ${base}/
  service graph      ${base}/map
  slow orders        ${base}/graph?g0.expr=${encodeURIComponent(SLOW_ORDERS)}
  warnings, errors   ${base}/logs?q=${encodeURIComponent(WARNINGS)}
  failed purchases   ${base}/search?q=${encodeURIComponent(FAILED_PURCHASES)}
  alerts             ${base}/alerts

Buy something. The answer names the trace that it became; a second or two later it is here, with what was logged on the way:
  curl -s ${shop}/buy -d '{"product":"teapot"}'
  ${base}/trace/TRACE_ID
  curl -sG ${base}/loki/api/v1/query_range --data-urlencode 'query={service_name=~".+"} | trace_id="TRACE_ID"'
Ctrl-C ends it.
`;
}
