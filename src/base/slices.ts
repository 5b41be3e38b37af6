/** Runs a generator on the front in slices, so that what takes long does not hold up what comes in. */

/** How long the front works on one thing before it looks after others, in ms. */
const SLICE_MS = 10;

/** The work's result, at once where it takes no longer than a slice. */
export function startSliced<T>(work: Generator<void, T>): T | Promise<T> {
  const until = performance.now() + SLICE_MS;
  do {
    const step = work.next();
    if (step.done) return step.value;
  } while (performance.now() < until);
  return goOn(work);
}

export async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  return startSliced(work);
}

async function goOn<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    const until = performance.now() + SLICE_MS;
    do {
      const step = work.next();
      if (step.done) return step.value;
    } while (performance.now() < until);
  }
}

/**
 * For work that awaits what comes piece by piece: what it gives back is called, and awaited, between two pieces, and lets others have their turn
 * once a slice has passed. Pieces that are there already would follow each other without one.
 */
export function turnGiver(): () => Promise<void> | undefined {
  let until = performance.now() + SLICE_MS;
  return () => {
    if (performance.now() < until) return undefined;
    return new Promise((resolve) =>
      setImmediate(() => {
        until = performance.now() + SLICE_MS;
        resolve();
      }),
    );
  };
}
