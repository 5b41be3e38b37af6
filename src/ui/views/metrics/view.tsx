/** Metrics */

import { Empty } from '../../parts/states.tsx';

export function MetricsView() {
  return <Empty title="Metrics" />;
}
