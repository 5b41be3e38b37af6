/** Every workload of `trilite bench`, in the order of `--list`. */

import { ISOLATION } from './isolation-workload.ts';
import { QUERIES_LOGQL } from './logql-queries.ts';
import { LOKI_PUSH_JSON, LOKI_PUSH_PROTO } from './loki-push-workloads.ts';
import { OTLP_LOGS } from './otlp-logs-workload.ts';
import { OTLP_METRICS } from './otlp-metrics-workload.ts';
import { OTLP_TRACES } from './otlp-traces-workload.ts';
import { QUERIES_PROMQL } from './promql-queries.ts';
import { REMOTE_WRITE_1, REMOTE_WRITE_2 } from './remote-write-workloads.ts';
import { SCRAPE } from './scrape-workload.ts';
import { STACK } from './stack-workload.ts';
import { QUERIES_TRACEQL } from './traceql-queries.ts';
import type { Workload } from './workload.ts';

export const WORKLOADS: readonly Workload[] = [
  REMOTE_WRITE_1,
  REMOTE_WRITE_2,
  SCRAPE,
  LOKI_PUSH_PROTO,
  LOKI_PUSH_JSON,
  OTLP_METRICS,
  OTLP_LOGS,
  OTLP_TRACES,
  QUERIES_PROMQL,
  QUERIES_LOGQL,
  QUERIES_TRACEQL,
  STACK,
  ISOLATION,
];
