/** Rules */

import { Empty } from '../../parts/states.tsx';

export function RulesView() {
  return <Empty title="Rules" />;
}
