/**
 * Where Jaeger's protocols are listened for. Each has a setting of its own; `jaeger` stands for those that none
 * speaks of, at the ports that Jaeger has them on.
 */

import type { ListenAddress } from '../api/listeners.ts';
import { LOOPBACK } from './values.ts';

/** What is said; undefined where nothing is, an empty list for `off`. */
export interface JaegerSettings {
  /** Whether what nothing is said of is listened for at its usual port. */
  readonly all: boolean;
  /** Thrift over HTTP, and sampling strategies. */
  readonly thrift: readonly ListenAddress[] | undefined;
  /** The agent's datagrams. */
  readonly udp: readonly ListenAddress[] | undefined;
  readonly grpc: readonly ListenAddress[] | undefined;
}

export interface JaegerPorts {
  readonly thrift: readonly ListenAddress[];
  readonly udp: readonly ListenAddress[];
  readonly grpc: readonly ListenAddress[];
  /** The query API at its own paths. */
  readonly query: ListenAddress | undefined;
}

export const NO_JAEGER: JaegerSettings = { all: false, thrift: undefined, udp: undefined, grpc: undefined };

/** Where clients look: the collector's port and the agent's, which answers for sampling strategies. */
const THRIFT_PORTS: readonly number[] = [14268, 5778];
/** Of the compact and the binary protocol; both ports take both. */
const UDP_PORTS: readonly number[] = [6831, 6832];
const GRPC_PORT = 14250;
const QUERY_PORT = 16686;

function at(port: number): ListenAddress {
  return { host: LOOPBACK, port };
}

/** `query` is null for `off`. */
export function jaegerPorts(settings: JaegerSettings, query: ListenAddress | null | undefined): JaegerPorts {
  const { all, thrift, udp, grpc } = settings;
  const usual = (ports: readonly number[]) => (all ? ports.map(at) : []);
  return {
    thrift: thrift ?? usual(THRIFT_PORTS),
    udp: udp ?? usual(UDP_PORTS),
    grpc: grpc ?? usual([GRPC_PORT]),
    query: query === undefined && all ? at(QUERY_PORT) : (query ?? undefined),
  };
}
