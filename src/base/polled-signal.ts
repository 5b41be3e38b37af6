/**
 * An abort signal that a busy thread can see: looking at `aborted` polls a word of shared memory and a deadline,
 * since messages and timers wait until a synchronous evaluation gives the event loop back.
 */

export interface PolledAbort {
  readonly signal: AbortSignal;
  abort(reason: Error): void;
}

/** `poll` returns why the work should end, or undefined. It is called whenever the signal is looked at. */
export function polledAbort(poll: () => Error | undefined): PolledAbort {
  const controller = new AbortController();
  const { signal } = controller;
  const check = () => {
    const native = Object.getOwnPropertyDescriptor(AbortSignal.prototype, 'aborted')!.get!;
    if (native.call(signal)) return true;
    const reason = poll();
    if (reason) controller.abort(reason);
    return reason !== undefined;
  };
  Object.defineProperty(signal, 'aborted', { get: check });
  Object.defineProperty(signal, 'throwIfAborted', {
    value: () => {
      if (check()) throw signal.reason;
    },
  });
  return { signal, abort: (reason) => controller.abort(reason) };
}
