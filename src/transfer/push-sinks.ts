/** Log entries to a receiver of Loki's pushes, spans to one of OTLP over HTTP. */

import { ByteError } from '../base/bytes.ts';
import { ProtoReader } from '../base/protobuf.ts';
import { SnappyEncoder } from '../base/snappy-encode.ts';
import { OTLP_REQUEST } from '../model/otlp-schema.ts';
import type { SourcedMessage } from './export-source.ts';
import { otlpJsonText } from './otlp-json-text.ts';
import type { OutputFile } from './output-file.ts';
import type { PushClient } from './push.ts';
import type { Sink } from './sink.ts';
import { Tally } from './tally.ts';

export class LokiPushSink implements Sink {
  readonly tally = new Tally('log entries');
  readonly #client: PushClient;
  readonly #snappy = new SnappyEncoder();

  constructor(client: PushClient) {
    this.#client = client;
  }

  async take({ message, items }: SourcedMessage): Promise<void> {
    const answer = await this.#client.send(this.#snappy.encode(message), {
      'Content-Type': 'application/x-protobuf',
    });
    if (answer.ok) this.tally.taken(items);
    // The good part of such a request is stored; how much that is nobody says.
    else this.tally.refuse(`${answer.status}, of a request of ${items}: ${answer.words}`, items);
  }

  async finish(): Promise<void> {
    this.#client.close();
  }
}

export class OtlpPushSink implements Sink {
  readonly tally = new Tally('spans');
  readonly #client: PushClient;
  readonly #json: boolean;

  constructor(client: PushClient, json: boolean) {
    this.#client = client;
    this.#json = json;
  }

  async take({ message, items }: SourcedMessage): Promise<void> {
    const body = this.#json ? Buffer.from(otlpJsonText(OTLP_REQUEST.traces, message)) : message;
    const answer = await this.#client.send(body, {
      'Content-Type': this.#json ? 'application/json' : 'application/x-protobuf',
    });
    if (!answer.ok) {
      this.tally.refuse(`${answer.status}: ${answer.words}`, items);
      return;
    }
    const { rejected, words } = partialSuccess(answer.body, this.#json);
    this.tally.taken(items - Math.min(items, rejected));
    if (rejected > 0) this.tally.refuse(words, Math.min(items, rejected));
  }

  async finish(): Promise<void> {
    this.#client.close();
  }
}

/** What an answer says of spans that were not taken: ExportTraceServiceResponse {1 {1 rejected, 2 message}}. */
function partialSuccess(
  body: Uint8Array,
  json: boolean,
): { readonly rejected: number; readonly words: string } {
  try {
    if (json) {
      const { partialSuccess: said } = JSON.parse(Buffer.from(body).toString('utf8') || '{}') as {
        partialSuccess?: { rejectedSpans?: string | number; errorMessage?: string };
      };
      return { rejected: Number(said?.rejectedSpans ?? 0), words: said?.errorMessage ?? '' };
    }
    const r = new ProtoReader(body);
    let rejected = 0;
    let words = '';
    while (r.next()) {
      if (r.field !== 1) {
        r.skip();
        continue;
      }
      const outer = r.enter();
      while (r.next()) {
        if (r.field === 1) rejected = r.asVarint();
        else if (r.field === 2) words = r.text();
        else r.skip();
      }
      r.leave(outer);
    }
    return { rejected, words };
  } catch (error) {
    // It took the request; what else it says is no OTLP.
    if (error instanceof ByteError || error instanceof SyntaxError) return { rejected: 0, words: '' };
    throw error;
  }
}

/** A line of JSON for each message, as the collector's file exporter writes it. */
export class OtlpLinesSink implements Sink {
  readonly tally = new Tally('spans');
  readonly #file: OutputFile;

  constructor(file: OutputFile) {
    this.#file = file;
  }

  async take({ message, items }: SourcedMessage): Promise<void> {
    await this.#file.write(`${otlpJsonText(OTLP_REQUEST.traces, message)}\n`);
    this.tally.taken(items);
  }

  async finish(): Promise<void> {
    await this.#file.close();
  }
}
