/** Home */

import { Empty } from '../../parts/states.tsx';

export function HomeView() {
  return <Empty title="Home" />;
}
