/**
 * Loki's push request in JSON. A copy of the body is read in place: strings with escapes are written back unescaped
 * over themselves, which only ever shortens them, so that a line is a range here too.
 */

import { DEFAULT_LOG_LIMITS, type LogLimits } from '../../model/limits.ts';
import { asBadData } from './bad-data.ts';
import { InPlaceJson } from './json-in-place.ts';
import { LogBatchBuilder, type LogDecode, type OpenStream } from './log-batch-builder.ts';
import { BAD_PUSH, PUSH_TIME_MAX_MS } from './loki-push.ts';
import { streamLabelsOf } from './stream-labels.ts';

/** Deepest nesting of a body; what the format itself needs is six. */
const DEPTH_MAX = 64;
const NS_PER_MS = 1_000_000;

/** The body's outermost object, which the old endpoint has too: streams, each read by the decoder at hand. */
export abstract class PushJson {
  protected readonly json: InPlaceJson;
  protected readonly builder: LogBatchBuilder;

  /** `body` is written to. */
  constructor(body: Uint8Array, nowMs: number, limits: LogLimits) {
    this.json = new InPlaceJson(body, DEPTH_MAX);
    this.builder = new LogBatchBuilder(body, nowMs, limits);
  }

  run(): LogDecode {
    const json = this.json;
    if (json.next() === 'null') {
      json.null();
      return this.builder.finish();
    }
    json.members((key) => {
      if (key !== 'streams') json.skip();
      else
        json.elements(
          () => this.stream(),
          () => this.nullStream(),
        );
    });
    return this.builder.finish();
  }

  protected abstract stream(): void;

  protected abstract nullStream(): void;
}

/**
 * Decodes a JSON push request: `{"streams":[{"stream":{…},"values":[["<ns>","<line>",{…}],…]}]}`. The batch has a
 * buffer of its own. Throws as `decodeLokiPush` does. What follows the object is ignored, as the original does.
 */
export function decodeLokiPushJson(body: Uint8Array, nowMs: number, limits = DEFAULT_LOG_LIMITS): LogDecode {
  const copy = body.slice();
  return asBadData(BAD_PUSH, () => new PushJsonDecoder(copy, nowMs, limits).run());
}

class PushJsonDecoder extends PushJson {
  /** Time of the entry that is being read. */
  #timeMs = 0;
  #timeNs = 0;

  protected override stream(): void {
    const json = this.json;
    const labels = new Map<string, string>();
    let stream: OpenStream | undefined;
    let valuesAt = -1;
    json.members((key) => {
      if (key === 'stream') {
        json.members((name) => {
          labels.set(name, json.next() === 'string' ? json.string() : json.raw());
        });
        stream = this.builder.open(streamLabelsOf(labels));
      } else if (key !== 'values') json.skip();
      else if (stream) this.#values(stream);
      else valuesAt = json.skipUnread();
    });
    stream ??= this.builder.open(streamLabelsOf(labels));
    if (valuesAt < 0) return;
    // Slow path: the labels stood behind the values, or nowhere.
    const end = json.pos;
    json.pos = valuesAt;
    this.#values(stream);
    json.pos = end;
  }

  protected override nullStream(): never {
    return this.json.fail('a stream that is null');
  }

  #values(stream: OpenStream): void {
    this.json.elements(() => this.#entry(stream));
  }

  #entry(stream: OpenStream): void {
    const json = this.json;
    let lineFrom = 0;
    let lineTo = 0;
    let index = 0;
    json.open('array');
    for (; json.element(index === 0); index++) {
      if (index === 0) {
        json.stringRange();
        this.#time(json.from, json.to);
      } else if (index === 1) {
        json.stringRange();
        lineFrom = json.from;
        lineTo = json.to;
      } else if (index === 2) json.stringMembers(this.#pair);
      else json.skip();
    }
    if (index === 0) json.fail('an entry without a timestamp');
    this.builder.entry(stream, this.#timeMs, this.#timeNs, lineFrom, lineTo);
  }

  readonly #pair = (nameFrom: number, nameTo: number): void => {
    this.builder.pairBytes(nameFrom, nameTo, this.json.from, this.json.to);
  };

  /** Reads nanoseconds in decimal digits, 64 bits, as milliseconds and the rest. */
  #time(from: number, to: number): void {
    const { bytes } = this.json;
    const negative = bytes[from] === 0x2d;
    const start = negative ? from + 1 : from;
    let ms = 0;
    let ns = 0;
    const split = Math.max(start, to - 6);
    for (let i = start; i < to; i++) {
      const digit = bytes[i]! - 0x30;
      if (digit < 0 || digit > 9) this.json.fail('timestamp is not a number of nanoseconds', from);
      if (i < split) ms = ms * 10 + digit;
      else ns = ns * 10 + digit;
    }
    if (start === to || ms > PUSH_TIME_MAX_MS)
      this.json.fail('timestamp is not a number of nanoseconds', from);
    this.#timeMs = negative ? (ns === 0 ? 0 - ms : -ms - 1) : ms;
    this.#timeNs = negative && ns > 0 ? NS_PER_MS - ns : ns;
  }
}
