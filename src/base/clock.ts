/** Time as a dependency: whoever waits or looks at the time is given a clock, so that tests own it. */

export interface Timer {
  /** Does nothing once the timer has fired. */
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds with fractions since some fixed moment, for durations. */
  elapsed(): number;
  /** Calls `callback` once, `delayMs` from now or, where that is negative, as soon as possible. */
  after(delayMs: number, callback: () => void): Timer;
  /** Whether a test holds it at present: what clients send may be of any time then, theirs or the test's. */
  readonly isHeld?: boolean;
  /** Told of work that no time is to pass during, where time can wait for it. */
  during?(work: Promise<unknown>): void;
}

/** The longest delay that the platform's timers take. */
const DELAY_MS_MAX = 2 ** 31 - 1;

/** The machine's clock. Its timers do not keep the process alive by themselves. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(delayMs, callback) {
    let handle: NodeJS.Timeout;
    const arm = (left: number): void => {
      const delay = Math.min(Math.max(0, left), DELAY_MS_MAX);
      handle = setTimeout(() => (left > delay ? arm(left - delay) : callback()), delay);
      handle.unref();
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};
