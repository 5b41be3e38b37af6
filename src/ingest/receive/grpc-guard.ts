/**
 * A call that its client reset before its turn came makes the library throw where it answers it (an unknown method, another
 * content type), and nobody above would catch that: a few packets would end the process. So the one method through which every
 * call begins is wrapped, before the library binds it.
 */

import type { Server } from '@grpc/grpc-js';

interface Stream {
  readonly destroyed: boolean;
  readonly aborted: boolean;
  destroy(): void;
}

interface LibraryServer {
  _streamHandler(interceptors: readonly unknown[], stream: Stream, headers: unknown): void;
}

/** Of a server without channels of diagnosis, before it is given connections. `onError` is told what was thrown. */
export function guardCalls(server: Server, onError: (error: unknown) => void): void {
  const library = server as unknown as LibraryServer;
  const begin = library._streamHandler;
  if (typeof begin !== 'function') throw new Error('BUG: servers of grpc-js have no _streamHandler');
  library._streamHandler = function (this: unknown, interceptors, stream, headers) {
    if (stream.destroyed || stream.aborted) return;
    try {
      begin.call(this as LibraryServer, interceptors, stream, headers);
    } catch (error) {
      if (!stream.destroyed) onError(error);
      stream.destroy();
    }
  };
}
