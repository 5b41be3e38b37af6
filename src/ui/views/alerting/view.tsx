/** Whom alerts reach: alerts as they are notified, silences, routes and notifications, each at a path of its own. */

import { usePlace } from '../../location.ts';
import { AlertHead, NOTIFICATIONS_PATH, ROUTE_PATH, SILENCES_PATH } from './alert-head.tsx';
import { Notifications } from './notifications.tsx';
import { Notified } from './notified.tsx';
import { RouteFinder } from './route.tsx';
import { SilencesPart } from './silences.tsx';

export function AlertingView() {
  const { path } = usePlace();
  return (
    <>
      <AlertHead />
      <Part path={path} />
    </>
  );
}

function Part({ path }: { readonly path: string }) {
  switch (path) {
    case SILENCES_PATH:
      return <SilencesPart />;
    case ROUTE_PATH:
      return <RouteFinder />;
    case NOTIFICATIONS_PATH:
      return <Notifications />;
    default:
      return <Notified />;
  }
}
