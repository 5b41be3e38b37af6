/** TraceQL's words for a span's kinds and status codes, and the lengths of its ids. */

/** Index is the kind's number. */
export const SPAN_KIND_WORDS = [
  'unspecified',
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
] as const;

/** Index is the status code's number. */
export const STATUS_CODE_WORDS = ['unset', 'ok', 'error'] as const;

/** Bytes of a trace id and of a span id. */
export const TRACE_ID_BYTES = 16;
export const SPAN_ID_BYTES = 8;
