/** Alerts */

import { Empty } from '../../parts/states.tsx';

export function AlertsView() {
  return <Empty title="Alerts" />;
}
