/**
 * What is taken in over gRPC: OTLP's three Export calls, and Jaeger's. Messages arrive as bytes and go the way that
 * HTTP bodies go, so that there is one decoder. The server owns no port: listeners hand it accepted connections (`injectConnection`).
 * Methods that are no receivers are brought by whoever makes the server (`grpc-stream.ts`). Every call goes through the gate
 * before a message of it is taken (`grpc-gate.ts`).
 */

import type { Socket } from 'node:net';
import {
  type handleUnaryCall,
  logVerbosity,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  setLogVerbosity,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Demand, Gate } from '../../access/gate.ts';
import { assert } from '../../base/assert.ts';
import type { GrpcMethod } from '../../base/grpc-method.ts';
import { type Access, SCOPES } from '../../model/access.ts';
import type { OtlpSignal } from '../../model/otlp-schema.ts';
import type { Sender } from '../../model/sender.ts';
import { TENANT_HEADER } from '../../model/tenant.ts';
import { boundedAssembly } from './grpc-assembly.ts';
import { grpcFault } from './grpc-fault.ts';
import { gateInterceptor } from './grpc-gate.ts';
import { guardCalls } from './grpc-guard.ts';
import { jaegerCalls } from './grpc-jaeger.ts';
import { streamHandler } from './grpc-stream.ts';
import { takeOtlp } from './otlp.ts';
import { encodeExportResponse } from './status.ts';
import { tenantOf } from './tenants.ts';
import { DECODED_MAX_BYTES, foreseen, type ReceiverParts, timeOf, WIRE_MAX_BYTES } from './wire.ts';

/** How long calls may take to end once the server closes. */
const DRAIN_MS = 1000;

/** Calls of a connection at a time; what gRPC's authors advise at least. A client waits with more. */
const CALLS_MAX = 100;
/** A connection whose client does not answer is given up, whoever went away without a word. */
const KEEPALIVE_MS = 60_000;
const KEEPALIVE_ANSWER_MS = 20_000;

const PATHS: Readonly<Record<OtlpSignal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
};

export interface GrpcServer {
  /** All calls, by path, and what each demands. */
  readonly demands: ReadonlyMap<string, Demand>;
  injectConnection(socket: Socket): void;
  /** Ends idle connections at once and busy ones after their calls, within a second. */
  close(): void;
}

/** What a method says of who may call it. */
export interface GuardedMethod {
  readonly access: Access;
  /** Whose data it is about, where tenants are told apart. */
  readonly tenants: Demand['tenants'];
}

/** A call with one message in and one out, both as bytes. */
export interface UnaryCall extends GuardedMethod {
  readonly path: string;
  /** For the counts. */
  readonly receiver: string;
  /** `tenants` is what the header says of them. Throws `TriliteError`. */
  answer(request: Buffer, tenants: string, from: Sender): Promise<Uint8Array>;
}

const identity = (bytes: Buffer) => bytes;

export function createGrpcServer(
  parts: ReceiverParts,
  gate: Gate,
  methods: readonly (GrpcMethod & GuardedMethod)[] = [],
): GrpcServer {
  // The library writes to stderr itself what a client did wrong, a line for each header of each call.
  setLogVerbosity(logVerbosity.NONE);
  const demands = new Map<string, Demand>();
  const server = new Server({
    'grpc.max_receive_message_length': WIRE_MAX_BYTES,
    'grpc.max_send_message_length': WIRE_MAX_BYTES,
    'grpc.enable_channelz': 0,
    'grpc.max_concurrent_streams': CALLS_MAX,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_ANSWER_MS,
    // The first stands next to the library's own call.
    interceptors: [boundedAssembly(parts.memory, DECODED_MAX_BYTES), gateInterceptor(gate, demands)],
  });
  guardCalls(server, (error) => parts.log.error('a call could not begin', { error }));
  const exports = (Object.keys(PATHS) as OtlpSignal[]).map((signal) => exportCall(signal, parts));
  for (const call of [...exports, ...jaegerCalls(parts)]) {
    const definition: ServiceDefinition = { call: methodDefinition(call.path, false) };
    const implementation: UntypedServiceImplementation = { call: unaryHandler(call, parts) };
    demands.set(call.path, demandOf(call));
    server.addService(definition, implementation);
  }
  for (const method of methods) {
    const answer = streamHandler(method, parts.log);
    demands.set(method.path, demandOf(method));
    server.addService({ answer: methodDefinition(method.path, true) }, { answer });
  }
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return {
    demands,
    injectConnection: (socket) => injector.injectConnection(socket),
    close: () => {
      injector.drain(DRAIN_MS);
      injector.destroy();
    },
  };
}

function demandOf({ path, access, tenants }: GuardedMethod & { readonly path: string }): Demand {
  assert(access === 'open' || SCOPES.includes(access), `${path} does not say what right it asks for`);
  return { right: access, tenants };
}

/** Messages stay bytes. */
function methodDefinition(path: string, responseStream: boolean): MethodDefinition<Buffer, Buffer> {
  return {
    path,
    requestStream: false,
    responseStream,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  };
}

function exportCall(signal: OtlpSignal, parts: ReceiverParts): UnaryCall {
  const receiver = `otlp_grpc_${signal}`;
  return {
    access: 'ingest',
    tenants: 'named',
    path: PATHS[signal],
    receiver,
    answer: async (body, tenants, from) => {
      const nowMs = timeOf(parts);
      const { rejected, message } = await takeOtlp(signal, body, receiver, nowMs, parts, tenants, from);
      return encodeExportResponse(rejected, message);
    },
  };
}

function unaryHandler(
  { receiver, answer }: UnaryCall,
  parts: ReceiverParts,
): handleUnaryCall<Buffer, Buffer> {
  const answerOnce = async (body: Buffer, from: Sender) => {
    const tenants = from.header(TENANT_HEADER) ?? '';
    if (parts.requests?.isAny) parts.requests.ofTenants('ingest', [tenantOf(parts, tenants)]);
    const memory = parts.memory.reserve(body.length);
    try {
      parts.counts.bytes(receiver, body.length);
      return Buffer.from(await answer(body, from.header(TENANT_HEADER) ?? '', from));
    } finally {
      memory.release();
    }
  };
  return (call, callback) => {
    const from = senderOf(call);
    answerOnce(call.request, from).then(
      (bytes) => callback(null, bytes),
      (thrown) => {
        const error = foreseen(thrown, parts.log);
        parts.counts.failed(receiver, error.kind, { from, message: error.message });
        callback(grpcFault(error));
      },
    );
  };
}

function senderOf(call: ServerUnaryCall<Buffer, Buffer>): Sender {
  return {
    get peer() {
      return call.getPeer();
    },
    header: (name) => {
      const values = call.metadata.get(name);
      return values.length > 0 ? values.join() : undefined;
    },
  };
}
