/** What the Alertmanager is and whom it tells. */

import type { Alertmanager } from '../../alertmanager/alertmanager.ts';
import type { ServiceAnswer, ServiceRequest } from '../../query/service.ts';
import { jsonAnswer } from './answers.ts';
import { printDateTime } from './date-time.ts';
import { AlertParams } from './request-params.ts';

/** The program, as the original tells of itself. */
export interface VersionInfo {
  readonly branch: string;
  readonly buildDate: string;
  readonly buildUser: string;
  readonly goVersion: string;
  readonly revision: string;
  readonly version: string;
}

export async function getStatus(
  am: Alertmanager,
  versionInfo: VersionInfo,
  startedMs: number,
): Promise<ServiceAnswer> {
  return jsonAnswer({
    // One of its own, without peers.
    cluster: { peers: [], status: 'disabled' },
    config: { original: am.policy.yaml },
    uptime: printDateTime(startedMs),
    versionInfo,
  });
}

export async function getReceivers(am: Alertmanager, request: ServiceRequest): Promise<ServiceAnswer> {
  const receivers = am.policy.receivers.filter(new AlertParams(request).receiver());
  return jsonAnswer(receivers.map(({ labels, name }) => ({ labels, name })));
}
