/** A span as Zipkin has it, whichever encoding it came in; what `zipkin-otlp.ts` makes an OTLP span of. */

export interface ZipkinEndpoint {
  /** Empty where it is not known, as all of these. */
  readonly serviceName: string;
  /** Text of an IP address; of two the one of version 6. */
  readonly address: string;
  readonly port: number;
}

export interface ZipkinAnnotation {
  /** Microseconds since 1970. */
  readonly timestampUs: bigint;
  readonly value: string;
}

export interface ZipkinSpan {
  /** 32, 16 and 16 lower-case hex digits; the parent is empty where there is none. */
  readonly traceId: string;
  readonly id: string;
  readonly parentId: string;
  readonly name: string;
  /** `CLIENT`, `SERVER`, `PRODUCER`, `CONSUMER`; anything else says nothing. */
  readonly kind: string;
  /** Microseconds since 1970; 0 where it is not known. */
  readonly timestampUs: bigint;
  readonly durationUs: bigint;
  readonly local: ZipkinEndpoint;
  readonly remote: ZipkinEndpoint;
  readonly annotations: readonly ZipkinAnnotation[];
  /** The span's own: whoever writes it takes out what becomes something else. */
  readonly tags: Map<string, string>;
}

export const NO_ENDPOINT: ZipkinEndpoint = { serviceName: '', address: '', port: 0 };

/** A span while it is read. */
export type ZipkinSpanDraft = { -readonly [K in keyof ZipkinSpan]: ZipkinSpan[K] } & {
  annotations: ZipkinAnnotation[];
};

/** What nothing has been said of yet. */
export function zipkinSpanDraft(): ZipkinSpanDraft {
  return {
    traceId: '',
    id: '',
    parentId: '',
    name: '',
    kind: '',
    timestampUs: 0n,
    durationUs: 0n,
    local: NO_ENDPOINT,
    remote: NO_ENDPOINT,
    annotations: [],
    tags: new Map(),
  };
}

export const PORT_MAX = 65_535;

/** OTLP's times are nanoseconds in 64 bits, and so is what a start and a duration make together. */
export const TIME_US_MAX = ((1n << 64n) - 1n) / 1000n;

export const TRACE_ID_DIGITS = 32;
export const SPAN_ID_DIGITS = 16;

/** Hex digits of an id filled up with zeros in front; undefined where they are none, too many, or all zero. */
export function paddedId(text: string, digits: number): string | undefined {
  if (text.length > digits || !/^[0-9a-fA-F]+$/.test(text) || /^0+$/.test(text)) return undefined;
  return text.toLowerCase().padStart(digits, '0');
}
