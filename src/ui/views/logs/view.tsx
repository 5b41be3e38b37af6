/** Logs */

import { Empty } from '../../parts/states.tsx';

export function LogsView() {
  return <Empty title="Logs" />;
}
