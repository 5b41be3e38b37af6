/** Spans and traces out of few words, for tests of what the page makes of them. */

import type { Span } from '../../../src/ui/views/traces/spans.ts';

type Given = Partial<Span> & { readonly service?: string };

/** `id` is a name; times are in milliseconds. */
export function span(
  id: string,
  parentId: string,
  startMs: number,
  durationMs: number,
  more: Given = {},
): Span {
  const { service = 'shop', ...rest } = more;
  return {
    id,
    parentId,
    name: id,
    kind: 'internal',
    resource: { service, attributes: [['service.name', service]] },
    scope: { name: '', version: '', attributes: [] },
    startNs: startMs * 1e6,
    durationNs: durationMs * 1e6,
    hasEnded: true,
    status: 'unset',
    statusMessage: '',
    traceState: '',
    attributes: [],
    events: [],
    links: [],
    droppedCount: 0,
    ...rest,
  };
}
