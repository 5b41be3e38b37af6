/**
 * A client of `tempopb.StreamingQuerier` that has nothing of the server's: messages are encoded and decoded by
 * protobufjs with the definitions in `proto/`.
 */

import path from 'node:path';
import { Client, credentials, Metadata, type StatusObject } from '@grpc/grpc-js';
import protobuf from 'protobufjs';

const PROTO = path.join(import.meta.dirname, '../../proto');
export const SERVICE = 'tempopb.StreamingQuerier';
/** A call that takes longer than this has failed. */
const CALL_MAX_MS = 60_000;

/** A decoded message: 64-bit integers are texts, what is not there is absent. */
export type Message = Record<string, unknown>;

export interface StreamAnswer {
  readonly messages: readonly Message[];
  readonly code: number;
  readonly details: string;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly deadlineMs?: number;
  /** Told of each message; cancels the call by returning true. */
  readonly onMessage?: (message: Message) => boolean;
}

const root = new protobuf.Root();
root.resolvePath = (_, file) => path.join(PROTO, file);
const service = root.loadSync('tempo-streaming.proto').lookupService(SERVICE);

export function encodeRequest(method: string, request: Message): Buffer {
  const type = service.lookupType(service.methods[method]!.requestType);
  return Buffer.from(type.encode(type.fromObject(request)).finish());
}

export function decodeResponse(method: string, bytes: Uint8Array): Message {
  const type = service.lookupType(service.methods[method]!.responseType);
  return type.toObject(type.decode(bytes), { longs: String });
}

export class StreamingClient {
  readonly #client: Client;

  /** `address` is `host:port`. */
  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure());
  }

  /** Calls `method` (`Search`, …) and reads the stream to its end. */
  call(method: string, request: Message, options: CallOptions = {}): Promise<StreamAnswer> {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(options.headers ?? {})) metadata.set(name, value);
    const call = this.#client.makeServerStreamRequest(
      `/${SERVICE}/${method}`,
      (message: Message) => encodeRequest(method, message),
      (bytes: Buffer) => decodeResponse(method, bytes),
      request,
      metadata,
      { deadline: Date.now() + (options.deadlineMs ?? CALL_MAX_MS) },
    );
    const messages: Message[] = [];
    call.on('data', (message: Message) => {
      messages.push(message);
      if (options.onMessage?.(message)) call.cancel();
    });
    return new Promise((resolve) => {
      call.on('error', () => {});
      call.on('status', ({ code, details }: StatusObject) => resolve({ messages, code, details }));
    });
  }

  close(): void {
    this.#client.close();
  }
}
