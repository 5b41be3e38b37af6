/**
 * A gRPC method as its server sees it: a path, one request message in, a stream of messages out, all of them bytes.
 * Whoever offers methods needs to know no more of gRPC than this, and the server nothing of what they do.
 */

/** What a method knows of its call. */
export interface GrpcCall {
  /** Of the call's metadata; several of one name are joined by commas. Lower-case name; undefined where there is none. */
  header(name: string): string | undefined;
  /** `host:port` of the client. */
  readonly peer: string;
  /** Fires when nobody waits for the answer any more: the client left, or its deadline has passed. */
  readonly gone: AbortController;
}

export interface GrpcMethod {
  /** `/package.Service/Method` */
  readonly path: string;
  /** The next message is asked for when the client has room for it. What it throws ends the call with its code. */
  answer(request: Uint8Array, call: GrpcCall): AsyncIterable<Uint8Array>;
}

/** Says of an error that it ends its call with this code, where that of its kind is not meant. */
export class GrpcFault extends Error {
  override name = 'GrpcFault';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
