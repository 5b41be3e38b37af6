/**
 * Server-streaming calls: the messages of a method go out one by one, each when the client has taken those before it.
 * A client that leaves, or whose deadline passes, fires the call's `gone`.
 */

import type { PeerCertificate } from 'node:tls';
import type { handleServerStreamingCall, ServerWritableStream } from '@grpc/grpc-js';
import { type GrpcCall, GrpcFault, type GrpcMethod } from '../../base/grpc-method.ts';
import type { Logger } from '../../base/log.ts';
import { TriliteError } from '../../model/errors.ts';
import { grpcCodeOf } from './status.ts';
import { foreseen } from './wire.ts';

type Call = ServerWritableStream<Buffer, Buffer>;

export function streamHandler(method: GrpcMethod, log: Logger): handleServerStreamingCall<Buffer, Buffer> {
  return (call) => void answerCall(method, call, log);
}

async function answerCall(method: GrpcMethod, call: Call, log: Logger): Promise<void> {
  const gone = new AbortController();
  call.once('cancelled', () => gone.abort(new TriliteError('canceled', 'the client ended the call')));
  try {
    for await (const message of method.answer(call.request, callOf(call, gone))) {
      if (call.cancelled) return;
      if (!call.write(asBuffer(message))) await drained(call, gone.signal);
    }
    call.end();
  } catch (thrown) {
    if (call.cancelled) return;
    call.emit('error', faultOf(thrown, log));
  }
}

function callOf(call: Call, gone: AbortController): GrpcCall {
  const header = (name: string) => {
    const values = call.metadata.get(name);
    return values.length > 0 ? values.join() : undefined;
  };
  return { header, peer: call.getPeer(), gone };
}

/** The client's certificate, verified; undefined where it has shown none that is good, or there is no TLS. */
export function peerCertificateOf(call: Pick<Call, 'getAuthContext'>): PeerCertificate | undefined {
  return call.getAuthContext().sslPeerCertificate;
}

/** What the client is told; the text of an error that nobody foresaw is not its business. */
function faultOf(thrown: unknown, log: Logger): { readonly code: number; readonly details: string } {
  // The library cannot write half a character.
  if (thrown instanceof GrpcFault) return { code: thrown.code, details: thrown.message.toWellFormed() };
  const error = foreseen(thrown, log);
  if (error.kind === 'internal' && error === thrown) log.error('call failed', { error: error.message });
  const details = error.kind === 'internal' ? 'internal error' : error.message;
  return { code: grpcCodeOf(error.kind), details: details.toWellFormed() };
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

function drained(call: Call, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      call.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    call.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
  });
}
