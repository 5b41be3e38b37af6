/** No lines: because nothing was ever sent, and then how to send something; or because the question was too narrow. */

import { logLabels } from '../../api/loki.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatMoment } from '../../format/time.ts';
import { href, setParams } from '../../location.ts';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Empty, Loading } from '../../parts/states.tsx';
import { now } from '../../time/now.ts';
import type { Bounds } from '../../time/range.ts';
import { setRange } from '../../time/use-time.ts';
import { selectorOf } from './logql-edit.ts';

const WIDER: readonly string[] = ['6h', '1d', '7d', '30d'];
const HOUR_MS = 3_600_000;

export function NothingFound({ query, bounds }: { readonly query: string; readonly bounds: Bounds }) {
  // Over all of time: is there anything at all?
  const labels = useLoad((signal) => logLabels({ startMs: 0, endMs: now() + HOUR_MS }, signal), [query]);
  if (labels.loading) return <Loading />;
  if (labels.data?.length === 0) return <NothingStored />;
  const selector = selectorOf(query);
  return (
    <Empty title="No lines found">
      <p>
        Between {formatMoment(bounds.startMs)} and {formatMoment(bounds.endMs)} no line answers the query.
      </p>
      <p class="row logs-wider">
        Look further back:
        {WIDER.map((wider) => (
          <button key={wider} type="button" onClick={() => setRange({ from: `now-${wider}`, to: 'now' })}>
            {wider}
          </button>
        ))}
      </p>
      {selector !== undefined && selector !== query && (
        <p>
          Or take the filters off:{' '}
          <button type="button" onClick={() => setParams({ q: selector })}>
            <code>{selector}</code>
          </button>
        </p>
      )}
    </Empty>
  );
}

export function NothingStored() {
  const origin = new URL(href('/'), window.location.href).href.replace(/\/$/, '');
  return (
    <Empty title="There are no logs yet">
      <p>Send a line from a terminal:</p>
      <Command text={pushCommand(origin)} />
      <p>Or let an OpenTelemetry SDK or collector send its logs:</p>
      <Command
        text={[
          'export OTEL_LOGS_EXPORTER=otlp',
          'export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
          `export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}`,
        ].join('\n')}
      />
      <p>
        Promtail, Alloy and Grafana's agents push to <code>{origin}/loki/api/v1/push</code>.
      </p>
    </Empty>
  );
}

function pushCommand(origin: string): string {
  const body = `{"streams":[{"stream":{"service_name":"demo"},"values":[["'$(date +%s)000000000'","level=info msg=hello"]]}]}`;
  return `curl ${origin}/loki/api/v1/push -H 'Content-Type: application/json' \\\n  -d '${body}'`;
}

function Command({ text }: { readonly text: string }) {
  return (
    <div class="logs-command">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <pre tabIndex={0}>{text}</pre>
      <CopyButton text={text} what="command" />
    </div>
  );
}
