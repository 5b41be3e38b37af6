/**
 * Groups this far outside a bounded search are read too: a trace that overlaps the range may have spans beyond
 * it, which count for its root, its duration and its tree.
 */
export const MARGIN_MS = 5 * 60_000;
