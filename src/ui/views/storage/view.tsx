/** What is stored and what comes in: an overview of all three signals, and of each what its cardinality is made of. */

import { href, usePlace } from '../../location.ts';
import { PathTabs } from '../../parts/path-tabs.tsx';
import { rangeParams } from '../../time/use-time.ts';
import { LogsStorage } from './logs.tsx';
import { MetricsStorage } from './metrics.tsx';
import { Overview } from './overview.tsx';
import { TracesStorage } from './traces.tsx';

const TABS = ['overview', 'metrics', 'logs', 'traces'] as const;
type Tab = (typeof TABS)[number];

export function StorageView() {
  const { path, params } = usePlace();
  const asked = TABS.find((tab) => tab === params.get('tab'));
  // Prometheus' page of that path is about series alone.
  const tab: Tab = asked ?? (path === '/tsdb-status' ? 'metrics' : 'overview');
  return (
    <>
      <header class="view-head">
        <h1>Storage</h1>
        <PathTabs
          label="Storage"
          tabs={TABS.map((one) => ({
            name: one[0]!.toUpperCase() + one.slice(1),
            href: href('/storage', { ...rangeParams(), tab: one === 'overview' ? undefined : one }),
            isHere: one === tab,
          }))}
        />
      </header>
      {tab === 'overview' && <Overview />}
      {tab === 'metrics' && <MetricsStorage />}
      {tab === 'logs' && <LogsStorage />}
      {tab === 'traces' && <TracesStorage />}
    </>
  );
}
