/**
 * IDs in log entries: what the trace-ID index finds an entry by.
 *
 * An *ID* is a run of hex digits, of either case, with no hex digit beside it: 32 of them wherever it stands in a line
 * or as a whole metadata value; or 16, unless all are decimal (a time in microseconds looks so) or they are the value
 * of a key that names a span. The rule asks nothing of the key otherwise, so a search for an ID as plain text is served
 * as one for the label `trace_id` is, and so is a request ID of that form.
 */

export const ID_DIGITS = 32;
export const SHORT_ID_DIGITS = 16;

/** A hint: every wanted entry says one of these IDs. */
export interface IdDemand {
  /** IDs by the rule above, in the case in which the entry has them. At least one. */
  readonly anyOf: readonly string[];
  /** The ID may also stand within a longer run of hex digits. */
  readonly partial: boolean;
  /** Entries of streams of which one of these labels is one of the IDs are wanted whatever they say. */
  readonly labels: readonly string[];
}

export function isEntryId(text: string): boolean {
  if (text.length === ID_DIGITS) return /^[0-9a-fA-F]+$/.test(text);
  return text.length === SHORT_ID_DIGITS && /^[0-9a-fA-F]+$/.test(text) && /[a-fA-F]/.test(text);
}

/** Whether a label or key of this name holds span IDs: 16 digits under it are no ID of the index. */
export function namesSpanId(name: string): boolean {
  return /span_?id(_extracted)?$/i.test(name);
}
