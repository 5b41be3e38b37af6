/** The gRPC server put together when the first connection needs it: receivers, and the queries that Tempo answers. */

import type { Gate } from './access/gate.ts';
import type { QueryAdmission } from './api/run-query.ts';
import type { ConfigInForce } from './config-in-force.ts';
import type { GrpcServer } from './ingest/receive/grpc.ts';
import type { ReceiverParts } from './ingest/receive/wire.ts';
import type { Engine } from './main.ts';

export async function openGrpcServer(
  receivers: ReceiverParts,
  inForce: ConfigInForce,
  { runner, surfaces }: Engine,
  gate: Gate,
  limits: QueryAdmission,
  now: () => number,
): Promise<GrpcServer> {
  const [{ createGrpcServer }, { streamingMethods }] = await Promise.all([
    import('./ingest/receive/grpc.ts'),
    import('./api/tempo/streaming/methods.ts'),
  ]);
  // As over HTTP, whichever way that is.
  const tempo = surfaces.find(({ surface }) => surface === 'tempo');
  const ofTenants = inForce.config.multiTenancy && tempo?.ofTenants === true;
  const queries = {
    runner,
    // As it is when a call comes.
    get queryTimeoutMs() {
      return inForce.config.limits.queryTimeoutMs;
    },
    limits,
    ofTenants,
    now,
  };
  const tenants = ofTenants ? 'named' : 'all';
  const methods = streamingMethods(queries).map(
    (method) => ({ ...method, access: 'read' as const, tenants }) as const,
  );
  return createGrpcServer(receivers, gate, methods);
}
