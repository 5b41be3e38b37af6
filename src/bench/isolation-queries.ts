/** Queries that keep a system busy: they read most of what is stored. */

import type { TargetUrlKind } from './target.ts';
import { type LoadOptions, RUN_LABEL } from './workload.ts';

const MS_PER_SECOND = 1000;

export interface HeavyQuery {
  readonly kind: TargetUrlKind;
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** One per signal, over everything since the run began. */
export function heavyQueries({ run, startMs }: LoadOptions, nowMs: number): readonly HeavyQuery[] {
  const start = Math.floor(startMs / MS_PER_SECOND);
  const end = Math.ceil(nowMs / MS_PER_SECOND);
  const matcher = `${RUN_LABEL}="${run}"`;
  return [
    {
      kind: 'prometheus',
      path: '/api/v1/query_range',
      parameters: {
        query: `sum by (instance, le) (rate({__name__=~".+_bucket",${matcher}}[2m]))`,
        start: String(start),
        end: String(end),
        step: '1s',
      },
    },
    {
      kind: 'loki',
      path: '/loki/api/v1/query_range',
      parameters: {
        query: `quantile_over_time(0.99, {${matcher}} | json | unwrap duration_ms [1m]) by (service)`,
        start: `${start}000000000`,
        end: `${end}000000000`,
        step: '5s',
      },
    },
    {
      kind: 'tempo',
      path: '/api/search',
      parameters: {
        q: `{ resource.${RUN_LABEL} = "${run}" && kind = server } >> { span.db.system = "redis" } | avg(duration) > 10s`,
        start: String(start),
        end: String(end),
        limit: '100',
      },
    },
  ];
}
