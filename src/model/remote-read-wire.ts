/** Names and numbers of the remote read protocol, which who asks and who answers share. */

import type { MatchType } from './matcher.ts';

/** By their number in a request. */
export const WIRE_MATCH_TYPES: readonly MatchType[] = ['=', '!=', '=~', '!~'];

/** By their number in a request: all samples in one message, or frames with chunks. */
export const READ_RESPONSE_TYPES = ['SAMPLES', 'STREAMED_XOR_CHUNKS'] as const;
export type ReadResponseType = (typeof READ_RESPONSE_TYPES)[number];

export const SAMPLES_CONTENT_TYPE = 'application/x-protobuf';
export const CHUNKS_CONTENT_TYPE = 'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse';

/** Numbers of what a chunk is encoded in. */
export const CHUNK_ENCODING = {
  xor: 1,
  histogram: 2,
  floatHistogram: 3,
  xor2: 4,
  histogramWithStarts: 5,
  floatHistogramWithStarts: 6,
} as const;

/** Bits of a number behind a prefix of as many ones as its class has predecessors, and a zero; 64 behind eight ones. */
export const VARBIT_CLASSES: readonly number[] = [3, 6, 9, 12, 18, 25, 56];

/** Lengths of the classes of time differences in a chunk of floats; 64 behind four ones. */
export const XOR_TIME_BITS: readonly number[] = [14, 17, 20];

/** What the head of a chunk of histograms says of counter resets. */
export const RESET_FLAGS = { unknown: 0, not_reset: 0, reset: 0x80, gauge: 0xc0 } as const;

/** A zero threshold 2^e takes one byte, `e` + this; 0 is 0, and 255 says that a float follows. */
export const THRESHOLD_BASE = 244;
export const THRESHOLD_ANY = 255;
