/** The services of exports, by name. */

import type { Service } from '../../query/service.ts';
import { exportLogs } from './logs.ts';
import { exportMetrics } from './metrics.ts';
import { exportTraces } from './traces.ts';

export const EXPORT_SERVICES: Readonly<Record<string, Service>> = {
  'export.metrics': exportMetrics,
  'export.logs': exportLogs,
  'export.traces': exportTraces,
};
