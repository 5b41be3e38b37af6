/** Services */

import { Empty } from '../../parts/states.tsx';

export function MapView() {
  return <Empty title="Services" />;
}
