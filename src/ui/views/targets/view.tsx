/** Targets */

import { Empty } from '../../parts/states.tsx';

export function TargetsView() {
  return <Empty title="Targets" />;
}
