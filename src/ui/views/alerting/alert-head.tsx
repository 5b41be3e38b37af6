/** The head of what belongs to alerts: each part has a path of its own. */

import { href, usePlace } from '../../location.ts';
import { PathTabs } from '../../parts/path-tabs.tsx';
import { rangeParams } from '../../time/use-time.ts';

export const GROUPS_PATH = '/alerts/groups';
export const SILENCES_PATH = '/alerts/silences';
export const ROUTE_PATH = '/alerts/route';
export const NOTIFICATIONS_PATH = '/alerts/notifications';

const PARTS: readonly (readonly [path: string, name: string])[] = [
  ['/alerts', 'By rule'],
  [GROUPS_PATH, 'As notified'],
  [SILENCES_PATH, 'Silences'],
  [ROUTE_PATH, 'Route'],
  [NOTIFICATIONS_PATH, 'Notifications'],
];

export function AlertHead() {
  const { path } = usePlace();
  return (
    <header class="view-head">
      <h1>Alerts</h1>
      <PathTabs
        label="Alerts"
        tabs={PARTS.map(([own, name]) => ({ name, href: href(own, rangeParams()), isHere: own === path }))}
      />
    </header>
  );
}

/** Where a silence with these matchers is made. */
export function silenceAddress(matchers: string): string {
  return href(SILENCES_PATH, { ...rangeParams(), make: matchers });
}
