/** The gRPC server put together when the first connection needs it: receivers, and the queries that Tempo answers. */

import type { Config } from './config/settings.ts';
import type { GrpcServer } from './ingest/receive/grpc.ts';
import type { ReceiverParts } from './ingest/receive/wire.ts';
import type { Engine } from './main.ts';

export async function openGrpcServer(
  receivers: ReceiverParts,
  { limits, multiTenancy }: Config,
  { runner, surfaces }: Engine,
  now: () => number,
): Promise<GrpcServer> {
  const [{ createGrpcServer }, { streamingMethods }] = await Promise.all([
    import('./ingest/receive/grpc.ts'),
    import('./api/tempo/streaming/methods.ts'),
  ]);
  // As over HTTP, whichever way that is.
  const tempo = surfaces.find(({ surface }) => surface === 'tempo');
  const ofTenants = multiTenancy && tempo?.ofTenants === true;
  const { queryTimeoutMs } = limits;
  return createGrpcServer(receivers, streamingMethods({ runner, queryTimeoutMs, ofTenants, now }));
}
