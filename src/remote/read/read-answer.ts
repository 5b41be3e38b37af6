/** The body of an answer, of either kind, as series. What goes wrong is an `Error` in the original's words. */

import type { IncomingMessage } from 'node:http';
import { ByteError } from '../../base/bytes.ts';
import { decompressSnappy, snappyLength } from '../../base/snappy.ts';
import type { Labels } from '../../model/labels.ts';
import type { TimeRange } from '../../storage/interface.ts';
import { readChunkedMessage, readSamplesAnswer } from './answer-messages.ts';
import { FrameSplitter } from './frame-splitter.ts';
import { RemoteSeries } from './remote-series.ts';

/** Of the messages of one answer, which are held until its series were read. */
const ANSWER_MAX_BYTES = 256 * 1024 * 1024;

/** The series of an answer, each once, in the order in which they came. */
class Answer {
  readonly #range: TimeRange;
  readonly #byKey = new Map<string, RemoteSeries>();
  #bytes = 0;

  constructor(range: TimeRange) {
    this.#range = range;
  }

  get series(): RemoteSeries[] {
    return [...this.#byKey.values()];
  }

  of(labels: Labels): RemoteSeries {
    const key = labels.key();
    let series = this.#byKey.get(key);
    if (!series) this.#byKey.set(key, (series = new RemoteSeries(labels, this.#range)));
    return series;
  }

  /** Throws where the answer is too large. */
  hold(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > ANSWER_MAX_BYTES) throw tooLarge(ANSWER_MAX_BYTES);
  }
}

/** Frames of up to `frameMaxBytes`, one after another. */
export async function readChunkedAnswer(
  response: IncomingMessage,
  range: TimeRange,
  frameMaxBytes: number,
): Promise<RemoteSeries[]> {
  const answer = new Answer(range);
  const frames = new FrameSplitter(frameMaxBytes);
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      for (const frame of frames.push(piece)) {
        answer.hold(frame.length);
        readChunkedMessage(frame, (labels, chunks) => {
          const series = answer.of(labels);
          for (const chunk of chunks) series.add(chunk);
        });
      }
    }
    frames.end();
  } catch (error) {
    response.destroy();
    throw isBrokenOff(error) ? new Error('unexpected EOF') : error;
  }
  return answer.series;
}

/** One snappy block. */
export async function readSampledAnswer(
  response: IncomingMessage,
  range: TimeRange,
): Promise<RemoteSeries[]> {
  const answer = new Answer(range);
  const body = await readingResponse(async () => {
    const { bytes, isWhole } = await gathered(response, ANSWER_MAX_BYTES);
    if (!isWhole) throw tooLarge(ANSWER_MAX_BYTES);
    answer.hold(snappyLength(bytes));
    return decompressSnappy(bytes);
  });
  try {
    readSamplesAnswer(body, (labels, message) => answer.of(labels).add({ message }));
  } catch (error) {
    if (!(error instanceof ByteError)) throw error;
    throw new Error(`unable to unmarshal response body: ${error.message}`);
  }
  return answer.series;
}

async function readingResponse<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ByteError) throw new Error('error reading response: snappy: corrupt input');
    throw isBrokenOff(error) ? new Error('error reading response: unexpected EOF') : error;
  }
}

function tooLarge(maxBytes: number): Error {
  return new Error(`the answer has more than ${maxBytes} bytes`);
}

/** Whether the connection ended before the answer did. */
function isBrokenOff(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET';
}

/** Up to `maxBytes` of the body; where it has more, the connection is given up. */
export async function gathered(
  response: IncomingMessage,
  maxBytes: number,
): Promise<{ readonly bytes: Buffer; readonly isWhole: boolean }> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece);
    length += piece.length;
    if (length > maxBytes) break;
  }
  return { bytes: Buffer.concat(pieces).subarray(0, maxBytes), isWhole: length <= maxBytes };
}
