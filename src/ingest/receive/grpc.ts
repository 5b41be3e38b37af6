/**
 * What is taken in over gRPC: OTLP's three Export calls, and Jaeger's. Messages arrive as bytes and go the way that
 * HTTP bodies go, so that there is one decoder. The server owns no port: listeners hand it accepted connections (`injectConnection`).
 * Methods that are no receivers are brought by whoever makes the server (`grpc-stream.ts`).
 */

import type { Socket } from 'node:net';
import {
  type handleUnaryCall,
  logVerbosity,
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  setLogVerbosity,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { GrpcMethod } from '../../base/grpc-method.ts';
import type { OtlpSignal } from '../../model/otlp-schema.ts';
import { TENANT_HEADER } from '../../model/tenant.ts';
import { boundedAssembly, retryMetadata } from './grpc-assembly.ts';
import { guardCalls } from './grpc-guard.ts';
import { jaegerCalls } from './grpc-jaeger.ts';
import { streamHandler } from './grpc-stream.ts';
import { takeOtlp } from './otlp.ts';
import { CODE, encodeExportResponse, grpcCodeOf } from './status.ts';
import { DECODED_MAX_BYTES, foreseen, type ReceiverParts, WIRE_MAX_BYTES } from './wire.ts';

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
  injectConnection(socket: Socket): void;
  /** Ends idle connections at once and busy ones after their calls, within a second. */
  close(): void;
}

/** A call with one message in and one out, both as bytes. */
export interface UnaryCall {
  readonly path: string;
  /** For the counts. */
  readonly receiver: string;
  /** `tenants` is what the header says of them. Throws `TriliteError`. */
  answer(request: Buffer, tenants: string): Promise<Uint8Array>;
}

const identity = (bytes: Buffer) => bytes;

export function createGrpcServer(parts: ReceiverParts, methods: readonly GrpcMethod[] = []): GrpcServer {
  // The library writes to stderr itself what a client did wrong, a line for each header of each call.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    'grpc.max_receive_message_length': WIRE_MAX_BYTES,
    'grpc.max_send_message_length': WIRE_MAX_BYTES,
    'grpc.enable_channelz': 0,
    'grpc.max_concurrent_streams': CALLS_MAX,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_ANSWER_MS,
    interceptors: [boundedAssembly(parts.memory, DECODED_MAX_BYTES)],
  });
  guardCalls(server, (error) => parts.log.error('a call could not begin', { error }));
  const exports = (Object.keys(PATHS) as OtlpSignal[]).map((signal) => exportCall(signal, parts));
  for (const call of [...exports, ...jaegerCalls(parts)]) {
    const definition: ServiceDefinition = { call: methodDefinition(call.path, false) };
    const implementation: UntypedServiceImplementation = { call: unaryHandler(call, parts) };
    server.addService(definition, implementation);
  }
  for (const method of methods) {
    const answer = streamHandler(method, parts.log);
    server.addService({ answer: methodDefinition(method.path, true) }, { answer });
  }
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return {
    injectConnection: (socket) => injector.injectConnection(socket),
    close: () => {
      injector.drain(DRAIN_MS);
      injector.destroy();
    },
  };
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
    path: PATHS[signal],
    receiver,
    answer: async (body, tenants) => {
      const { rejected, message } = await takeOtlp(signal, body, receiver, Date.now(), parts, tenants);
      return encodeExportResponse(rejected, message);
    },
  };
}

function unaryHandler(
  { receiver, answer }: UnaryCall,
  parts: ReceiverParts,
): handleUnaryCall<Buffer, Buffer> {
  const answerOnce = async (body: Buffer, tenants: string) => {
    const memory = parts.memory.reserve(body.length);
    try {
      parts.counts.bytes(receiver, body.length);
      return Buffer.from(await answer(body, tenants));
    } finally {
      memory.release();
    }
  };
  return (call, callback) => {
    answerOnce(call.request, call.metadata.get(TENANT_HEADER).join()).then(
      (bytes) => callback(null, bytes),
      (thrown) => {
        const error = foreseen(thrown, parts.log);
        parts.counts.failed(receiver, error.kind);
        const code = grpcCodeOf(error.kind);
        const metadata = code === CODE.resourceExhausted ? retryMetadata(error.message) : new Metadata();
        callback({ code, details: error.message.toWellFormed(), metadata });
      },
    );
  };
}
