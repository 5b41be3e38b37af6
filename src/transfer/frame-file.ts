/**
 * Messages one after another in a file, each behind its length in four bytes, the highest first: as the collector's file
 * exporter writes protobuf. OTLP traces, Loki's pushes and remote-write requests all can be kept so, bit by bit.
 */

import type { SourcedMessage } from './export-source.ts';
import type { OutputFile } from './output-file.ts';
import type { Sink } from './sink.ts';
import type { Tally } from './tally.ts';

export const FRAME_HEAD_BYTES = 4;

export class FrameFileSink implements Sink {
  readonly tally: Tally;
  readonly #file: OutputFile;

  constructor(file: OutputFile, tally: Tally) {
    this.#file = file;
    this.tally = tally;
  }

  async take({ kind, message, items, exemplars }: SourcedMessage): Promise<void> {
    const head = Buffer.alloc(FRAME_HEAD_BYTES);
    head.writeUInt32BE(message.length);
    await this.#file.write(head);
    // The stream keeps it for a while, and it is the source's.
    await this.#file.write(Buffer.from(message));
    if (kind === 'message') this.tally.taken(items, exemplars);
  }

  async finish(): Promise<void> {
    await this.#file.close();
  }
}
