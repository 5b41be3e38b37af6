/** How a question reaches a server: the client above it knows paths and shapes, the transport addresses and credentials. */

export interface Question {
  readonly method?: 'GET' | 'POST';
  /** From the root of the API, without parameters. */
  readonly path: string;
  readonly params?: readonly (readonly [name: string, value: string])[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** Nothing answers at the address. */
export class UnreachableError extends Error {
  override name = 'UnreachableError';
}

export interface Transport {
  /** Resolves whatever the status. Rejects with `UnreachableError` where nothing answers. */
  ask(question: Question): Promise<Reply>;
  close(): void;
}
