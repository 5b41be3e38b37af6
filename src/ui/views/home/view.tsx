/** Where a visit begins: whether data arrives, what is wrong, which services there are, and how to send. */

import { storedLogs, tracedServices } from '../../api/stored.ts';
import { useLoad } from '../../api/use-load.ts';
import type { Bounds } from '../../time/range.ts';
import { useTime } from '../../time/use-time.ts';
import { Arrivals } from './arrivals.tsx';
import { RecentErrors } from './recent-errors.tsx';
import { SendPanel } from './send-panel.tsx';
import { ServicesPanel } from './services-panel.tsx';
import { TroublePanels } from './trouble.tsx';

/** Every part asks for itself, so that none waits for another. */
export function HomeView() {
  const time = useTime();
  // Asked once: a panel that opens, closes or moves while somebody reads would be a nuisance.
  const isNew = useLoad((signal) => lacksSignals(time, signal), []);
  return (
    <>
      <h1 class="unseen">Home</h1>
      <Arrivals time={time} />
      {isNew.data === true && <SendPanel isOpen={true} />}
      <TroublePanels time={time} />
      <ServicesPanel time={time} />
      <RecentErrors time={time} />
      {isNew.data === false && <SendPanel isOpen={false} />}
    </>
  );
}

/** Metrics there always are: Trilite scrapes itself. */
async function lacksSignals(bounds: Bounds, signal: AbortSignal): Promise<boolean> {
  const [logs, services] = await Promise.all([storedLogs(bounds, signal), tracedServices(bounds, signal)]);
  return logs.streams === 0 && services.length === 0;
}
