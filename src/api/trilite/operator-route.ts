/** `GET /api/v1/trilite/operator`: the resources of the Prometheus Operator that are followed, and what is wrong with them. */

import { get } from '../prometheus/front-route.ts';
import type { HandledRoute } from '../route.ts';

/** As the answer's `data` shows it: plain data, without secrets. */
export interface OperatorStatus {
  readonly enabled: boolean;
  /** Why nothing is followed that should be; '': nothing is wrong. */
  readonly error: string;
  readonly resources: readonly {
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    /** `applied`, `waiting` (for what it names) or `rejected`. */
    readonly state: string;
    readonly error: string;
  }[];
  /** What of the cluster could not be read last, and why. */
  readonly unreadable: Readonly<Record<string, string>>;
}

export function operatorRoute(view: () => OperatorStatus): HandledRoute {
  return get('trilite/operator', 'operator', view);
}
