/** What the demo says when it is up: what runs where, and what to look at. */

export interface Places {
  /** Trilite's addresses, as its ready line names them. */
  readonly addresses: readonly string[];
  /** The one that links go to; each has all APIs and the page. */
  readonly base: string;
  readonly storefront: string;
  readonly data: string;
}

/** A link of the page with a query in it. */
const link = (base: string, path: string, parameter: string, query: string) =>
  `${base}${path}?${parameter}=${encodeURIComponent(query)}`;

export function welcome({ addresses, base, storefront, data }: Places): string {
  const slow = 'histogram_quantile(0.95, sum by (le) (rate(checkout_duration_seconds_bucket[20s])))';
  const failed = '{ resource.service.name = "storefront" && status = error }';
  return `
A shop is open: shoppers -> storefront -> checkout -> payments -> a card network that declines some cards, drops a few, and is
slow for 12 seconds of every minute. Trilite has its metrics, logs and traces on ${addresses.join(' ')} (data: ${data}).

  the page           ${base}/
  service graph      ${base}/map
  slow orders        ${link(base, '/graph', 'g0.expr', slow)}
  warnings, errors   ${link(base, '/logs', 'q', '{service_name=~".+"} | detected_level=~"warn|error"')}
  failed purchases   ${link(base, '/search', 'q', failed)}
  alerts             ${base}/alerts

Buy something yourself. The answer names its trace; look at it, and for what was logged on the way (a second or two later):
  curl -s ${storefront}/buy -d '{"product":"teapot"}'
  open ${base}/trace/TRACE_ID
  curl -sG ${base}/loki/api/v1/query_range --data-urlencode 'query={service_name=~".+"} | trace_id="TRACE_ID"'
Ctrl-C ends it.
`;
}
