/** Recorded requests and answers: JSON of many shapes, each looked at by the test that knows its shape. */

// biome-ignore lint/suspicious/noExplicitAny: the shape is the recording's
export type RecordedJson = any;
