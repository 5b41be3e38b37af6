/** Waits for a state of the world without sleeping for a fixed time. */

const POLL_INTERVAL_MS = 50;

/**
 * Calls `attempt` until it does not throw, and returns what it returned. When `deadlineMs` has passed the last
 * error is thrown, so assertions can be written inside as if the answer were there at once.
 */
export async function eventually<T>(attempt: () => Promise<T>, deadlineMs = 15_000): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
}
