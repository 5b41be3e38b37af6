/** Configuration */

import { Empty } from '../../parts/states.tsx';

export function ConfigView() {
  return <Empty title="Configuration" />;
}
