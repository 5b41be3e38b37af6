/** Every workload of `trilite bench`, in the order of `--list`. */

import type { Workload } from './workload.ts';

export const WORKLOADS: readonly Workload[] = [];
