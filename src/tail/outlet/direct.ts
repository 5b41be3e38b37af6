/**
 * The way into this server's own storage: a parcel is decoded as a push of the same bytes would be, so that streams get
 * their `service_name`, entries their `detected_level`, and limits hold.
 */

import type { Logger } from '../../base/log.ts';
import { LogColumns } from '../../ingest/decode/log-columns.ts';
import { decodeLokiPush } from '../../ingest/decode/loki-push.ts';
import { TriliteError } from '../../model/errors.ts';
import type { LogLimits } from '../../model/limits.ts';
import { DEFAULT_TENANT } from '../../model/tenant.ts';
import type { LogAppender } from '../../storage/interface.ts';
import type { Parcel } from '../push-batch.ts';
import type { TailTelemetry } from '../tail-telemetry.ts';
import { Backoff } from './backoff.ts';
import type { Outlet } from './outlet.ts';

/** A few hundred entries: decoding them takes some milliseconds, in which nothing else runs. */
const BATCH_BYTES = 128 * 1024;
/** A line is to be found soon after it was written. */
const BATCH_WAIT_MS = 200;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5000;

/** What is refused for these is refused again. */
const NEVER: ReadonlySet<TriliteError['kind']> = new Set(['bad_data', 'too_large']);

export interface DirectParts {
  readonly appender: LogAppender;
  /** Where a tenant's entries go; undefined where tenants are not told apart. Throws `bad_data` where the id is none. */
  readonly appenderOf?: ((tenant: string) => LogAppender) | undefined;
  readonly limits: (tenant: string) => LogLimits;
  readonly now: () => number;
  readonly telemetry: TailTelemetry;
  readonly log: Logger;
}

/** What a client of the configuration may say of it. */
export interface DirectOptions {
  readonly name: string;
  readonly tenant: string;
  readonly externalLabels: Readonly<Record<string, string>>;
}

export class DirectOutlet implements Outlet {
  readonly name: string;
  readonly tenant: string;
  readonly externalLabels: Readonly<Record<string, string>>;
  readonly batchBytes = BATCH_BYTES;
  readonly batchWaitMs = BATCH_WAIT_MS;
  readonly #parts: DirectParts;
  /** Of one batch after the other: each is stored before the next comes. */
  readonly #columns = new LogColumns(BATCH_BYTES);

  constructor(options: DirectOptions, parts: DirectParts) {
    this.name = options.name;
    this.tenant = options.tenant;
    this.externalLabels = options.externalLabels;
    this.#parts = parts;
  }

  async deliver(parcel: Parcel, signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
    for (;;) {
      try {
        await this.#append(parcel);
        return;
      } catch (error) {
        // Short of memory or of disk, or above a rate, which pass; what came to be stored all the same is stored once.
        this.#parts.telemetry.failure('append');
        if (error instanceof TriliteError && NEVER.has(error.kind)) return this.#drop(parcel, error);
        if (backoff.failures === 0) this.#parts.log.warn('followed lines wait to be stored', { error });
      }
      await backoff.wait(signal);
    }
  }

  async #append(parcel: Parcel): Promise<void> {
    const { appender, appenderOf, limits, now, telemetry, log } = this.#parts;
    const tenant = appenderOf ? parcel.tenant || DEFAULT_TENANT : DEFAULT_TENANT;
    const to = appenderOf?.(tenant) ?? appender;
    const { batch, refused, refusedEntries } = decodeLokiPush(
      parcel.body,
      now(),
      limits(tenant),
      this.#columns,
    );
    if (batch.count > 0) {
      const outcome = await to.append(batch);
      await outcome.durable;
    }
    telemetry.sent(this.name, batch.count);
    if (refusedEntries === 0) return;
    telemetry.dropped(this.name, refused[0]?.reason ?? 'invalid', refusedEntries);
    log.warn('followed lines are refused', { entries: refusedEntries, why: refused[0]?.message });
  }

  #drop(parcel: Parcel, error: Error): void {
    this.#parts.telemetry.dropped(this.name, 'invalid', parcel.entries);
    this.#parts.log.error('followed lines cannot be stored', { entries: parcel.entries, error });
  }

  close(): void {}
}
