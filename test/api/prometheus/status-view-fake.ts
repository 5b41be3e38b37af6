/** A server that scrapes nothing, as the status endpoints see it. */

import { Notifications } from '../../../src/api/prometheus/notifications.ts';
import type { PrometheusStatusView } from '../../../src/api/prometheus/status-view.ts';

export function emptyStatusView(change: Partial<PrometheusStatusView> = {}): PrometheusStatusView {
  return {
    activeTargets: () => [],
    droppedTargets: () => [],
    droppedTargetCounts: () => ({}),
    scrapePool: () => undefined,
    scrapePools: () => [],
    targetMetadata: () => [],
    configYaml: () => 'scrape_configs: []\n',
    flags: () => ({ 'storage.path': 'data' }),
    switches: { admin: false, lifecycle: false },
    build: { version: '3.0.0', revision: '', branch: '', buildUser: '', buildDate: '' },
    startMs: 0,
    nowMs: Date.now,
    lastConfigLoad: () => ({ timeMs: 0, success: true }),
    retention: () => '15d',
    tsdb: async () => ({
      numSeries: 0,
      numLabelPairs: 0,
      chunkCount: 0,
      minTimeMs: 0,
      maxTimeMs: 0,
      seriesCountByMetricName: [],
      labelValueCountByLabelName: [],
      memoryInBytesByLabelName: [],
      seriesCountByLabelValuePair: [],
    }),
    tellsTenantsApart: false,
    blocks: async () => [],
    ruleGroups: () => [],
    alertmanagers: () => ({ active: [], dropped: [] }),
    notifications: new Notifications(),
    selfMetrics: async () => [],
    features: () => ({}),
    ...change,
  };
}
