/**
 * The gate on the way of calls: asked when a call's metadata has come, before any of its messages is read. A call that is not let
 * in ends there, with UNAUTHENTICATED or PERMISSION_DENIED; what its client sends on is let by unread.
 */

import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServerListener,
} from '@grpc/grpc-js';
import type { Admission, Attempt, Demand, Gate } from '../../access/gate.ts';
import { assert } from '../../base/assert.ts';
import { certificateSubjects } from '../../base/client-certificate.ts';
import { TENANT_HEADER } from '../../model/tenant.ts';
import { grpcFaultOf } from './grpc-fault.ts';
import { peerCertificateOf } from './grpc-stream.ts';

/** `demands` are those of all calls, by path. */
export function gateInterceptor(gate: Gate, demands: ReadonlyMap<string, Demand>): ServerInterceptor {
  return (method, call) => {
    if (gate.isOpen) return new ServerInterceptingCall(call);
    const demand = demands.get(method.path);
    assert(demand, `${method.path} demands nothing`);
    let intercepted: ServerInterceptingCall;
    const listener: ServerListener = {
      onReceiveMetadata: (metadata, next) => {
        admitted(gate, attemptOf(demand, method.path, metadata, call)).then(
          (admission) => {
            if (admission?.tenantHeader !== undefined) metadata.set(TENANT_HEADER, admission.tenantHeader);
            next(metadata);
          },
          (error) => intercepted.sendStatus(grpcFaultOf(error)),
        );
      },
    };
    intercepted = new ServerInterceptingCall(call, { start: (next) => next(listener) });
    return intercepted;
  };
}

async function admitted(gate: Gate, attempt: Attempt): Promise<Admission | undefined> {
  return gate.admit(attempt);
}

type Call = Parameters<ServerInterceptor>[1];

function attemptOf(demand: Demand, path: string, metadata: Metadata, call: Call): Attempt {
  const header = (name: string) => {
    const values = metadata.get(name);
    return values.length > 0 ? values.join() : undefined;
  };
  return {
    demand,
    authorization: header('authorization'),
    tenantHeader: header(TENANT_HEADER),
    certificateNames: () => {
      const certificate = peerCertificateOf(call);
      return certificate ? certificateSubjects(certificate) : [];
    },
    // No page of a browser can speak gRPC.
    isCrossSite: () => false,
    isUpgrade: false,
    peer: call.getPeer(),
    address: call.getPeer().replace(/:\d+$/, ''),
    method: 'gRPC',
    path,
  };
}
