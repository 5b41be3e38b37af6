/** When the random data is. */

/** Less than the hour behind its newest sample that Prometheus takes new series in. */
export const DATA_MINUTES = 50;

/** A whole multiple of every interval and subquery step; the year does not matter. */
export const DATA_START_MS = 1_790_002_800_000;
