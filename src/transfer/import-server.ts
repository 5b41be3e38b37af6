/** A running server as the target of an import: through its ordinary ways in, with their limits. */

import type { ImportBatch } from './import-batch.ts';
import type { ImportTarget } from './import-run.ts';
import { type Answer, PushClient, type Receiver } from './push.ts';
import { LokiPushSink, OtlpPushSink } from './push-sinks.ts';
import { RemoteWriteSink } from './remote-write-sink.ts';
import type { Tally } from './tally.ts';

export class ServerTarget implements ImportTarget {
  readonly samples: RemoteWriteSink;
  readonly entries: LokiPushSink;
  readonly spans: OtlpPushSink;
  readonly #push: PushClient;
  readonly #otlpLogs: PushClient;

  constructor(base: string, parts: Omit<Receiver, 'url'>) {
    const at = (path: string) => new PushClient({ ...parts, url: base + path });
    this.samples = new RemoteWriteSink(at('/api/v1/write'), '2.0');
    this.#push = at('/loki/api/v1/push');
    this.#otlpLogs = at('/v1/logs');
    this.entries = new LokiPushSink(this.#push);
    this.spans = new OtlpPushSink(at('/v1/traces'), false);
  }

  get tallies(): readonly Tally[] {
    return [this.samples.tally, this.entries.tally, this.spans.tally];
  }

  async take(batch: ImportBatch): Promise<void> {
    switch (batch.kind) {
      case 'samples':
        return this.samples.take({ ...batch, kind: 'message' });
      case 'metadata':
        return this.samples.take({ ...batch, kind: 'metadata' });
      case 'push':
        return this.entries.take({ ...batch, kind: 'message' });
      case 'otlp-traces':
        return this.spans.take({ ...batch, kind: 'message' });
      case 'push-json':
        return this.#note(
          batch,
          await this.#push.send(batch.message, { 'Content-Type': 'application/json' }),
        );
      case 'otlp-logs': {
        const headers = { 'Content-Type': 'application/x-protobuf' };
        return this.#note(batch, await this.#otlpLogs.send(batch.message, headers));
      }
    }
  }

  #note({ items }: ImportBatch, answer: Answer): void {
    const { tally } = this.entries;
    if (answer.ok) tally.taken(items);
    else tally.refuse(`${answer.status}, of a request of ${items}: ${answer.words}`, items);
  }

  async close(): Promise<void> {
    await this.samples.finish();
    await this.entries.finish();
    await this.spans.finish();
    this.#otlpLogs.close();
  }
}
