/** Limits of LogQL queries that clients are told about; the original's defaults. */

/** More lines than this are not given in one answer. */
export const ENTRIES_MAX = 5000;

/** More series than this in one answer are refused. */
export const QUERY_SERIES_MAX = 500;
