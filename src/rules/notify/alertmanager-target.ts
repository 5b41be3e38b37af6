/** Labels of an Alertmanager that was found, and where they say that it is. */

import path from 'node:path/posix';
import { Labels } from '../../model/labels.ts';
import type { AlertmanagerConfig, AlertmanagerGroup } from './alertmanager-config.ts';

const ADDRESS = '__address__';
const SCHEME = '__scheme__';
const ALERTS_PATH = '__alerts_path__';
const API_PATH = '/api/v2/alerts';

/** Before relabelling. The set's scheme and path may be changed by relabelling alone. */
export function discoveredLabels(
  address: string,
  group: AlertmanagerGroup,
  { scheme, pathPrefix }: Pick<AlertmanagerConfig, 'scheme' | 'pathPrefix'>,
): Labels {
  return Labels.from({
    [SCHEME]: scheme,
    [ALERTS_PATH]: path.join('/', pathPrefix, API_PATH),
    ...group.labels,
    [ADDRESS]: address,
  });
}

/** Where alerts are posted to. */
export function urlOf(labels: Labels): string {
  const alertsPath = encodeURI(labels.get(ALERTS_PATH)).replaceAll('?', '%3F').replaceAll('#', '%23');
  return `${labels.get(SCHEME)}://${labels.get(ADDRESS)}${alertsPath}`;
}

/** Why nothing can be sent there; undefined where it can. */
export function addressFault(labels: Labels): string | undefined {
  const address = labels.get(ADDRESS);
  if (!address.includes('/') && URL.canParse(urlOf(labels))) return undefined;
  return `${JSON.stringify(address)} is not a valid hostname`;
}
