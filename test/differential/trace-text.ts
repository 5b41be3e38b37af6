/** Traces of `/api/v2/traces/ID` as texts that are equal where nothing but the order differs. */

/** Every array as a set of texts, ids in hexadecimal. */
function canonical(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(canonical(item))).sort();
  if (typeof value === 'string' && /Id$/.test(key)) return Buffer.from(value, 'base64').toString('hex');
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([k, v]) => [k, canonical(v, k)] as const);
  return Object.fromEntries(entries.filter(([, v]) => !isEmpty(v)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isEmpty(value: unknown): boolean {
  if (value === '' || value === 'SPAN_KIND_UNSPECIFIED') return true;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

export type Trace = {
  resourceSpans?: { resource?: unknown; scopeSpans?: { scope?: unknown; spans?: unknown[] }[] }[];
};

/** One text a span, with its resource and scope. */
export function spansIn({ resourceSpans }: Trace): string[] {
  const spans = (resourceSpans ?? []).flatMap((rs) =>
    (rs.scopeSpans ?? []).flatMap((ss) =>
      (ss.spans ?? []).map((span) => canonical({ resource: rs.resource ?? {}, scope: ss.scope ?? {}, span })),
    ),
  );
  return spans.map((span) => JSON.stringify(span)).sort();
}
