/**
 * `POST /api/v1/read`: remote read. The client says which answers it takes, the first that is known is given: all
 * samples in one message (`samples-answer.ts`), or a stream of frames with chunks (`frames.ts`) in which series are
 * sorted (`sorted-series.ts`). Errors are plain text.
 */

import { ByteWriter } from '../../../base/bytes.ts';
import { TriliteError } from '../../../model/errors.ts';
import { withExternalLabels, withoutExternalLabels } from '../../../model/external-labels.ts';
import { Labels } from '../../../model/labels.ts';
import { CHUNKS_CONTENT_TYPE, SAMPLES_CONTENT_TYPE } from '../../../model/remote-read-wire.ts';
import type { Service, ServiceAnswer, ServiceContext } from '../../../query/service.ts';
import { SampleColumns, type SeriesSelect } from '../../../storage/interface.ts';
import { textAnswer } from '../../error-answer.ts';
import { framesOf } from './frames.ts';
import { decodeReadRequest } from './request.ts';
import { SamplesAnswer } from './samples-answer.ts';
import { samplesWithin } from './samples-within.ts';
import { sortedSeries } from './sorted-series.ts';
import { wireChunks } from './wire-chunk.ts';

/** Encoded series that one stream holds at a time; some twenty million samples. */
const GATHERED_MAX_BYTES = 64 * 1024 * 1024;
/** Frames are handed on together until they have this many bytes: most series are small. */
const PIECE_BYTES = 256 * 1024;

export const remoteReadService: Service = async (request, context) => {
  try {
    const { queries, responseType } = decodeReadRequest(request.body ?? new Uint8Array(0));
    const external = context.externalLabels ?? Labels.EMPTY;
    const asked = queries.map((q) => ({ ...q, matchers: withoutExternalLabels(q.matchers, external) }));
    if (responseType === 'SAMPLES') return await samplesAnswer(asked, external, context);
    const rest = inPieces(frames(asked, external, context));
    return { status: 200, contentType: CHUNKS_CONTENT_TYPE, body: new Uint8Array(0), rest };
  } catch (error) {
    if (!(error instanceof TriliteError) || (error.kind !== 'bad_data' && error.kind !== 'limit'))
      throw error;
    return textAnswer(400, `${error.message}\n`);
  }
};

async function samplesAnswer(
  queries: readonly SeriesSelect[],
  external: Labels,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const answer = new SamplesAnswer();
  const columns = new SampleColumns();
  for (const query of queries) {
    answer.beginResult();
    const cursor = await context.storage.metrics.select(query, context.signal);
    try {
      while (await cursor.nextBatch()) {
        while (cursor.next()) {
          cursor.read(columns);
          const { from, to } = samplesWithin(columns, query);
          if (from < to) answer.add(withExternalLabels(cursor.labels(), external), columns, from, to);
        }
      }
    } finally {
      cursor.close();
    }
    answer.endResult();
  }
  const headers = { 'Content-Encoding': 'snappy' };
  const pieces = answer.finish();
  const bytes = pieces.reduce((n, piece) => n + piece.length, 0);
  const whole = bytes <= PIECE_BYTES;
  return {
    status: 200,
    contentType: SAMPLES_CONTENT_TYPE,
    headers,
    body: whole ? Buffer.concat(pieces) : new Uint8Array(0),
    // A large answer is not held a second time to be put together.
    ...(!whole && { rest: inPieces(given(pieces)) }),
  };
}

async function* given(pieces: Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  for (let piece = pieces.shift(); piece; piece = pieces.shift()) yield piece;
}

async function* frames(
  queries: readonly SeriesSelect[],
  external: Labels,
  { storage, signal }: ServiceContext,
): AsyncGenerator<Uint8Array, void> {
  for (const [i, query] of queries.entries()) {
    const encode = (labels: Labels, columns: SampleColumns, from: number, to: number) =>
      framesOf(i, withExternalLabels(labels, external), wireChunks(columns, from, to));
    yield* sortedSeries(storage.metrics, query, signal, encode, GATHERED_MAX_BYTES);
  }
}

/** The same bytes in fewer and larger pieces. */
async function* inPieces(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const piece = new ByteWriter(PIECE_BYTES);
  for await (const part of parts) {
    piece.bytes(part);
    if (piece.length < PIECE_BYTES) continue;
    yield piece.take();
    piece.clear();
  }
  if (piece.length > 0) yield piece.take();
}
