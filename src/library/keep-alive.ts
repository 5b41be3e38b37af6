/** A sink's threads and connections do not keep the process alive; work that a test waits for does. */

/** The longest that a timer takes. */
const FAR_MS = 2 ** 31 - 1;

/** As the work settles; until then the process does not end by itself. */
export async function keepAlive<T>(work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => {}, FAR_MS);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}
