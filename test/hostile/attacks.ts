/** All attacks. */

import type { Attack } from './attack.ts';
import { compressionBombs } from './attacks/compression.ts';
import { extremes, remoteReads } from './attacks/extremes.ts';
import { endlessBodies, falseFraming, headerFloods, pipelining } from './attacks/framing.ts';
import { grpcAssembly, grpcMessages } from './attacks/grpc.ts';
import { http2Attacks } from './attacks/http2.ts';
import { mutants, rawMutants } from './attacks/mutants.ts';
import { nestedJson, yamlBombs } from './attacks/nested.ts';
import { hostsAndTenants, longUrls, traversal } from './attacks/paths.ts';
import { datagramFloods, protobufBombs, thriftBombs } from './attacks/protobuf.ts';
import { deletions, listQueries, logqlQueries, promqlQueries, traceqlQueries } from './attacks/queries.ts';
import { churn, halfOpen, slowBodies, slowHeaders, slowReaders } from './attacks/slow.ts';
import { webSockets } from './attacks/websocket.ts';

export const ATTACKS: readonly Attack[] = [
  compressionBombs,
  falseFraming,
  headerFloods,
  endlessBodies,
  pipelining,
  slowHeaders,
  slowBodies,
  slowReaders,
  halfOpen,
  churn,
  traversal,
  longUrls,
  hostsAndTenants,
  ...http2Attacks,
  grpcMessages,
  grpcAssembly,
  webSockets,
  nestedJson,
  yamlBombs,
  protobufBombs,
  thriftBombs,
  datagramFloods,
  promqlQueries,
  logqlQueries,
  traceqlQueries,
  listQueries,
  deletions,
  extremes,
  remoteReads,
  mutants,
  rawMutants,
];
