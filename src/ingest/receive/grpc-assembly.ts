/**
 * Memory of gRPC messages before they are whole. The library gathers a message piece by piece and decompresses it before
 * anybody is asked, for as many calls as a connection opens; so each call is followed from its first piece on:
 *
 *   piece ─▶ charged ─▶ gathered ─▶ decompressed here, charged as it grows ─▶ call ended by its client ─▶ the handler's charge
 *
 * A call for which there is no memory gets the retryable answer, one whose message stops coming is cut off. The library has
 * no place for this, so three methods of its call are wrapped; their names are checked for when the server is made ready, and
 * the version is pinned.
 */

import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { TriliteError } from '../../model/errors.ts';
import type { MemoryLimiter, Reservation } from '../memory.ts';
import { decompressBody } from './decompress-body.ts';
import { grpcFaultOf } from './grpc-fault.ts';

/** A call that neither brings bytes nor ends in this time is cut off. */
const STALL_MS = 10_000;
/** HTTP/2's code for a stream that ends well. */
const NO_ERROR = 0;
/** Before a message: whether it is compressed, and its length. */
const FRAME_BYTES = 5;

/** What is wrapped of the library's own call. */
interface LibraryCall {
  handleDataFrame(data: Buffer): void;
  decompressMessage(message: Buffer, encoding: string): Buffer | Promise<Buffer>;
  notifyOnCancel(): void;
  readonly stream: { close(code: number): void };
  sendStatus(status: { code: number; details: string; metadata?: Metadata | null }): void;
}

const WRAPPED = ['handleDataFrame', 'decompressMessage', 'notifyOnCancel'] as const;

/** Of every call of a server. */
export function boundedAssembly(memory: MemoryLimiter, messageMaxBytes: number): ServerInterceptor {
  return (_method, call) => {
    const library = call as unknown as LibraryCall;
    for (const name of WRAPPED) {
      if (typeof library[name] !== 'function') throw new Error(`BUG: calls of grpc-js have no ${name}`);
    }
    const assembly = new Assembly(library, memory);
    assembly.wrap(messageMaxBytes);
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveHalfClose: (forward) => {
            // From here on the handler has its own.
            assembly.release();
            forward();
          },
        }),
    });
  };
}

class Assembly {
  readonly #call: LibraryCall;
  readonly #memory: MemoryLimiter;
  #reservation: Reservation | undefined;
  #released = false;
  #wire = 0;
  #stall: NodeJS.Timeout;

  constructor(call: LibraryCall, memory: MemoryLimiter) {
    this.#call = call;
    this.#memory = memory;
    this.#stall = setTimeout(() => this.#cutOff(), STALL_MS);
  }

  wrap(messageMaxBytes: number): void {
    const call = this.#call;
    const gather = call.handleDataFrame;
    const end = call.notifyOnCancel;
    const decompress = call.decompressMessage;
    call.handleDataFrame = (data) => {
      if (this.#grow({ wire: this.#wire + data.length })) gather.call(call, data);
    };
    call.notifyOnCancel = () => {
      this.release();
      end.call(call);
    };
    call.decompressMessage = (message, encoding) => {
      if (encoding !== 'gzip' && encoding !== 'deflate') return decompress.call(call, message, encoding);
      return this.#decompress(message.subarray(FRAME_BYTES), encoding, messageMaxBytes);
    };
  }

  /** False where there is no memory: the call has been answered. */
  #grow(size: { readonly wire?: number; readonly decoded?: number }): boolean {
    if (this.#released) return false;
    try {
      this.#reservation ??= this.#memory.reserve(0);
      this.#reservation.grow(size);
    } catch (error) {
      this.#refuse(error);
      return false;
    }
    this.#wire = size.wire ?? this.#wire;
    this.#stall.refresh();
    return true;
  }

  async #decompress(body: Uint8Array, encoding: string, maxBytes: number): Promise<Buffer> {
    try {
      const onBytes = (length: number) => {
        if (this.#released) throw new TriliteError('canceled', 'the client ended the call');
        this.#reservation?.grow({ decoded: length });
      };
      const out = await decompressBody(body, encoding, maxBytes, { onBytes });
      return Buffer.from(out.buffer, out.byteOffset, out.length);
    } catch (error) {
      throw grpcFaultOf(error);
    }
  }

  #refuse(error: unknown): void {
    this.#call.sendStatus(grpcFaultOf(error));
    // The answer is whole: the client need not send the rest, which would be read and thrown away.
    this.#call.stream.close(NO_ERROR);
    this.release();
  }

  #cutOff(): void {
    if (!this.#released) this.#refuse(new TriliteError('canceled', 'the message did not come on'));
  }

  release(): void {
    clearTimeout(this.#stall);
    this.#released = true;
    this.#reservation?.release();
    this.#reservation = undefined;
  }
}
