/**
 * From entries to outlets, one batch at a time:
 *
 *   entries come out of pipelines ─▶ batch is closed ─▶ journal ─▶ every outlet takes it ─▶ positions move
 *
 * A batch is closed between two tasks of the event loop: whatever came out of a pipeline is then in this batch or in one
 * before, and each source can say up to where nothing of it is held back any more. That is what the record says of it.
 */

import { setImmediate as nextTask } from 'node:timers/promises';
import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { type Mark, rowKey } from './journal.ts';
import type { Outlet } from './outlet/outlet.ts';
import type { TailEntry } from './pipeline/entry.ts';
import type { Positions } from './positions.ts';
import { type Parcel, PushBatch } from './push-batch.ts';
import type { TailConfig } from './tail-config.ts';
import type { TailTelemetry } from './tail-telemetry.ts';

/** Whatever lines come from. */
export interface Source {
  /** Where reading may go on once all that came out so far has arrived; the same object while it stays the same. */
  mark(): Mark | undefined;
}

/** Batches that may gather while one is being sent. */
const PENDING_BATCHES_MAX = 2;
/** Discovery may take its time; until then nothing is known to be gone. */
const SETTLED_SYNCS = 6;
/** At the end, so long is waited for what is under way; what has not arrived is sent at the next start. */
const STOP_MAX_MS = 2000;

/**
 * What becomes of an entry of that tenant ('' where neither it nor a client names one); undefined: it goes no further.
 * `labelsShared`: the same map of labels always has the same labels.
 */
export type ProcessEntry = (
  entry: Pick<TailEntry, 'labels' | 'metadata' | 'line'>,
  tenant: string,
  labelsShared: boolean,
) => Pick<TailEntry, 'labels' | 'metadata' | 'line'> | undefined;

export interface SenderParts {
  readonly outlets: readonly Outlet[];
  /** Called before the entry is written anywhere. */
  readonly process: ProcessEntry;
  readonly positions: Positions;
  readonly config: Pick<TailConfig, 'limits' | 'positions'>;
  readonly clock: Clock;
  readonly telemetry: TailTelemetry;
  readonly log: Logger;
}

export class Sender {
  readonly #parts: SenderParts;
  readonly #batchBytes: number;
  readonly #batchWaitMs: number;
  readonly #abort = new AbortController();
  /** With the mark that was committed last. */
  readonly #sources = new Map<Source, Mark | undefined>();
  readonly #ended: { readonly source: Source; readonly isForgotten: boolean }[] = [];
  #batch = new PushBatch();
  #due: Timer | undefined;
  #isDue = false;
  #isSyncDue = false;
  #syncs = 0;
  #pumping: Promise<void> | undefined;
  #waiters: (() => void)[] = [];
  #isStopping = false;
  #deadline: Timer | undefined;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#batchBytes = Math.min(...parts.outlets.map((o) => o.batchBytes));
    this.#batchWaitMs = Math.min(...parts.outlets.map((o) => o.batchWaitMs));
  }

  /** Sends what the last process may not have sent to its end, and begins to write positions. */
  async start(): Promise<void> {
    const { positions, clock, config } = this.#parts;
    if (positions.unsent.length > 0) await this.#deliver(readdressed(positions.unsent, this.#parts.outlets));
    if (this.#isStopping) return;
    const sync = (): void => {
      if (this.#isStopping) return;
      this.#isSyncDue = true;
      this.#pump();
      clock.after(config.positions.syncPeriodMs, sync);
    };
    clock.after(config.positions.syncPeriodMs, sync);
  }

  /** `known` is what the source was found to be at. */
  addSource(source: Source, known: Mark | undefined): void {
    this.#sources.set(source, known);
  }

  /** The source reads no more. `isForgotten`: nor will anybody look for where it stood. */
  endSource(source: Source, isForgotten: boolean): void {
    this.#ended.push({ source, isForgotten });
    this.#isDue = true;
    this.#pump();
  }

  /** `labelsShared`: the same map of labels always has the same labels. */
  add(given: TailEntry, labelsShared: boolean): void {
    const within = this.#withinLimit(given);
    const entry = within && this.#processed(within, labelsShared);
    if (!entry) return;
    if (this.#batch.entries === 0) {
      this.#due = this.#parts.clock.after(this.#batchWaitMs, () => {
        this.#isDue = true;
        this.#pump();
      });
    }
    this.#batch.add(entry, labelsShared);
    if (this.#batch.bytes >= this.#batchBytes) this.#pump();
  }

  /** As the tenant's that its first client has, where it has none of its own. */
  #processed(entry: TailEntry, labelsShared: boolean): TailEntry | undefined {
    const { process, outlets } = this.#parts;
    const processed = process(entry, entry.tenant ?? outlets[0]?.tenant ?? '', labelsShared);
    if (processed === entry || !processed) return processed && entry;
    const { extracted, timeMs, timeNs, tenant } = entry;
    return { ...processed, extracted, timeMs, timeNs, tenant };
  }

  #withinLimit(entry: TailEntry): TailEntry | undefined {
    const { lineMaxBytes, truncatesLines } = this.#parts.config.limits;
    if (lineMaxBytes === 0 || entry.line.length * 3 <= lineMaxBytes) return entry;
    const bytes = Buffer.from(entry.line);
    if (bytes.length <= lineMaxBytes) return entry;
    if (!truncatesLines) {
      this.#parts.telemetry.dropped('', 'line_too_long', 1);
      return undefined;
    }
    // A character that is cut in two is left out.
    entry.line = bytes.toString('utf8', 0, lineMaxBytes).replace(/\ufffd+$/, '');
    return entry;
  }

  /** Whether so much waits that reading should too. */
  get isFull(): boolean {
    return this.#batch.bytes >= PENDING_BATCHES_MAX * this.#batchBytes;
  }

  /** Resolves when more may come. */
  async room(): Promise<void> {
    while (this.isFull && !this.#isStopping) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  #pump(): void {
    this.#pumping ??= this.#run().finally(() => {
      this.#pumping = undefined;
      if (this.#hasWork && !this.#abort.signal.aborted) this.#pump();
    });
  }

  get #hasWork(): boolean {
    return this.#isDue || this.#isSyncDue || this.#batch.bytes >= this.#batchBytes;
  }

  async #run(): Promise<void> {
    try {
      while (this.#hasWork) {
        // Whoever is about to say how far it is has said so by then.
        await nextTask();
        await this.#send();
        if (!this.#isSyncDue) continue;
        this.#isSyncDue = false;
        await this.#sync();
      }
    } catch (error) {
      // Only the end interrupts a delivery; the record stays for the next start.
      if (!this.#abort.signal.aborted) this.#parts.log.error('sending failed', { error });
    }
  }

  /** Closes the batch and sends it. */
  async #send(): Promise<void> {
    const { positions, telemetry, log } = this.#parts;
    this.#isDue = false;
    this.#due?.cancel();
    const batch = this.#batch;
    const moves = this.#moves();
    const ended = this.#ended.splice(0);
    this.#batch = new PushBatch();
    for (const wake of this.#waiters.splice(0)) wake();
    const marks = moves.map((m) => m.mark);
    if (batch.entries > 0) {
      const parcels = this.#parts.outlets.flatMap((o) => [
        ...batch.parcels(o.name, o.tenant, o.externalLabels),
      ]);
      try {
        await positions.record(marks, parcels);
      } catch (error) {
        telemetry.failure('journal');
        log.error('the journal of positions cannot be written: a crash now could repeat lines', { error });
      }
      await this.#deliver(parcels);
    }
    positions.commit(marks);
    for (const { source, mark, before } of moves) {
      if (before && rowKey(before) !== rowKey(mark)) positions.forget(before);
      this.#sources.set(source, mark);
    }
    for (const { source, isForgotten } of ended) {
      const last = this.#sources.get(source);
      if (isForgotten && last) positions.forget(last);
      this.#sources.delete(source);
    }
  }

  /** The sources whose mark is another than it was. */
  #moves(): { readonly source: Source; readonly mark: Mark; readonly before: Mark | undefined }[] {
    const moves = [];
    for (const [source, before] of this.#sources) {
      const mark = source.mark();
      if (mark && mark !== before) moves.push({ source, mark, before });
    }
    return moves;
  }

  async #deliver(parcels: readonly Parcel[]): Promise<void> {
    const { outlets } = this.#parts;
    await Promise.all(
      outlets.map(async (outlet) => {
        for (const parcel of parcels) {
          if (parcel.client === outlet.name) await outlet.deliver(parcel, this.#abort.signal);
        }
      }),
    );
  }

  async #sync(): Promise<void> {
    const { positions, clock, telemetry, log } = this.#parts;
    // Until then files that were moved while nobody looked are being found.
    const isSettled = ++this.#syncs > SETTLED_SYNCS;
    try {
      const open = new Set([...this.#sources.values()].flatMap((mark) => (mark ? [rowKey(mark)] : [])));
      if (isSettled) await positions.sweep(clock.now(), (mark) => open.has(rowKey(mark)));
      await positions.sync();
    } catch (error) {
      telemetry.failure('positions');
      log.error('the positions file cannot be written', { error });
    }
  }

  /** Nobody waits for room any more, and what is under way has a deadline. */
  beginStop(): void {
    this.#isStopping = true;
    this.#deadline = this.#parts.clock.after(STOP_MAX_MS, () => this.#abort.abort());
    for (const wake of this.#waiters.splice(0)) wake();
  }

  /** All sources have stopped. Sends what is left, or leaves it to the next start where that takes long. */
  async stop(): Promise<void> {
    const { positions, outlets, log } = this.#parts;
    this.#isDue = true;
    this.#pump();
    while (this.#pumping) await this.#pumping;
    this.#deadline?.cancel();
    for (const outlet of outlets) outlet.close();
    const isAllSent = !this.#abort.signal.aborted;
    await positions
      .close(isAllSent)
      .catch((error) => log.error('the positions cannot be written', { error }));
  }
}

/** What was for a client that is no more goes to those that are new: what it holds is not read again. */
function readdressed(parcels: readonly Parcel[], outlets: readonly Outlet[]): readonly Parcel[] {
  const names = new Set(outlets.map((o) => o.name));
  const former = parcels.find((p) => !names.has(p.client))?.client;
  const orphans = parcels.filter((p) => p.client === former);
  const isNew = ({ name }: Outlet) => !parcels.some((p) => p.client === name);
  return [
    ...parcels,
    ...outlets.filter(isNew).flatMap((o) => orphans.map((p) => ({ ...p, client: o.name }))),
  ];
}
