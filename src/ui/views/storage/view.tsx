/** Storage */

import { Empty } from '../../parts/states.tsx';

export function StorageView() {
  return <Empty title="Storage" />;
}
