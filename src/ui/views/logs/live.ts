/** Whether the lines of the query are followed: it is in the address. */

import { tenant } from '../../api/http.ts';
import { place, setParams } from '../../location.ts';
import { refresh } from '../../time/use-time.ts';
import { isMetricQuery } from './logql-scan.ts';

export function canFollow(query: string): boolean {
  return query !== '' && !isMetricQuery(query);
}

export function toggleLive(): void {
  const { params } = place();
  const isLive = params.get('live') === '1';
  // Browsers cannot name a tenant to a WebSocket.
  if (!isLive && (!canFollow(params.get('q') ?? '') || tenant.get() !== undefined)) return;
  setParams({ live: isLive ? undefined : '1' }, { replace: true });
  // What has come in is among the lines that are looked up then.
  if (isLive) refresh();
}
