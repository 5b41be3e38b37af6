/**
 * Streams that label strings stand for. A client sends the same few strings with every request: parsing one, looking
 * for a service's name and a level in it, and holding it to the limits is done once.
 */

import { TriliteError } from '../../model/errors.ts';
import type { Labels } from '../../model/labels.ts';
import type { LogLimits } from '../../model/limits.ts';
import { levelOfPairs } from './detected-level.ts';
import { parseStreamLabels } from './label-text.ts';
import { checkStream, streamText, withServiceName } from './stream-labels.ts';

/** What is to be known of a stream before its entries. */
export interface KnownStream {
  readonly labels: Labels;
  /** Why the limits refuse it. */
  readonly refusal: string | undefined;
  /** From the labels, which go before anything in the entry. */
  readonly level: string | undefined;
}

/** Beyond this many strings all are forgotten: a sender that makes up ever new ones gains nothing. */
const STREAMS_MAX = 8192;
/** A longer label string is refused with the request; what is in it would be above other limits. */
const LABELS_MAX_BYTES = 2 ** 24;
/** Longer strings are not kept. */
const TEXT_MAX = 4096;

/** By the limits that the streams are held to, of which tenants may have different ones. */
const known = new Map<LogLimits, Map<string, KnownStream>>();
let knownCount = 0;

export function streamOf(given: Labels, limits: LogLimits): KnownStream {
  const labels = limits.discoverServiceName ? withServiceName(given) : given;
  const refusal = unreadable(labels) ?? checkStream(labels, limits);
  const level = limits.detectLevel ? levelOfPairs((name) => labels.get(name)) : undefined;
  return { labels, refusal, level };
}

function checkLength(text: string): void {
  // A string of n characters has n bytes at least and 3n at most.
  if (3 * text.length <= LABELS_MAX_BYTES) return;
  const bytes = Buffer.byteLength(text);
  if (bytes <= LABELS_MAX_BYTES) return;
  const megabytes = (n: number): string => `${Math.round(n / 1e6)} MB`;
  const limit = `stream labels size ${megabytes(bytes)} exceeds limit of ${megabytes(LABELS_MAX_BYTES)}`;
  throw new TriliteError('too_large', `request body too large: ${limit}`);
}

/** Labels that do not come as a string (OTLP's) are one to the original, which must be able to read it. */
function unreadable(labels: Labels): string | undefined {
  if (!labels.pairs.some((text) => text.includes('\ufffd'))) return undefined;
  const text = streamText(labels);
  try {
    parseStreamLabels(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    const why = error.message.replace("couldn't parse labels: ", '');
    return `error parsing labels '${text}' with error: ${why}`;
  }
}

/** The stream of a label string. Throws `TriliteError` where it does not parse. */
export function streamOfText(text: string, limits: LogLimits): KnownStream {
  let stream = known.get(limits)?.get(text);
  if (!stream) {
    checkLength(text);
    stream = streamOf(parseStreamLabels(text), limits);
    if (text.length <= TEXT_MAX) remember(text, stream, limits);
  }
  return stream;
}

function remember(text: string, stream: KnownStream, limits: LogLimits): void {
  if (knownCount >= STREAMS_MAX) {
    known.clear();
    knownCount = 0;
  }
  knownCount++;
  const ofLimits = known.get(limits);
  if (ofLimits) ofLimits.set(text, stream);
  else known.set(limits, new Map([[text, stream]]));
}
