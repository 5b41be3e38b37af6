/** What is shown in the place of series: why there may be none, and how metrics come in. */

import { useLoad } from '../../api/use-load.ts';
import { href } from '../../location.ts';
import { Snippet } from '../../parts/snippet.tsx';
import { Empty, Loading } from '../../parts/states.tsx';
import type { Bounds } from '../../time/range.ts';
import { searchMetrics } from './metric-source.ts';

/** A query that found nothing. */
export function NoData({ startMs, endMs }: Bounds) {
  const any = useLoad(() => searchMetrics({ startMs, endMs }, '', 1), [startMs, endMs]);
  if (any.loading && any.data === undefined) return <Loading />;
  if (any.data?.names.length === 0) return <NothingStored />;
  return (
    <Empty title="No series">
      <p>
        The query is fine, and there are metrics in this range, but none that it asks for. Look at another
        range, or take matchers away one by one.
      </p>
    </Empty>
  );
}

/** A range without any metric. */
export function NothingStored() {
  const base = `${window.location.origin}${href('')}`;
  return (
    <div class="nothing-stored">
      <Empty title="No metrics in this range">
        <p>Look at a longer range, or send some:</p>
      </Empty>
      <Snippet
        title="A Prometheus or an agent sends, by remote write"
        text={`remote_write:\n  - url: ${base}/api/v1/write`}
      />
      <Snippet
        title="An application sends, with OpenTelemetry"
        text={`OTEL_EXPORTER_OTLP_ENDPOINT=${base}\nOTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`}
      />
      <Snippet
        title="Trilite scrapes: in its configuration, as in a prometheus.yml"
        text={'scrape_configs:\n  - job_name: app\n    static_configs:\n      - targets: ["localhost:8080"]'}
      />
    </div>
  );
}
