/**
 * The logs of one container, followed. Where reading stands is the time of the last line of each stream and how many lines
 * of that time there were: Docker is asked for what is not older, and what was taken before is left out.
 */

import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { TriliteError } from '../../model/errors.ts';
import { parseRfc3339 } from '../../model/time.ts';
import type { DockerApi } from '../../scrape/discovery/docker-api.ts';
import type { Intake } from '../intake.ts';
import type { Cursor, Mark } from '../journal.ts';
import type { Source } from '../sender.ts';
import type { TailTelemetry } from '../tail-telemetry.ts';
import { type DockerLine, DockerLines, FrameSplitter, type LogStream, PlainSplitter } from './log-frames.ts';

const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 10_000;

/** Labels by stream; undefined: its lines are not wanted. */
export type StreamLabels = Readonly<Record<LogStream, Map<string, string> | undefined>>;

export interface ContainerParts {
  readonly job: string;
  readonly api: DockerApi;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly telemetry: TailTelemetry;
  readonly log: Logger;
  /** The container is no more; `isGone`: it will not come back. */
  readonly onEnded: (follower: ContainerFollower, isGone: boolean) => void;
}

type Cursors = Readonly<Record<string, Cursor>>;

export class ContainerFollower implements Source {
  readonly #parts: ContainerParts;
  readonly id: string;
  readonly #labels: StreamLabels;
  #cursors: Cursors;
  /** From a positions file that knows seconds only. */
  readonly #sinceSeconds: number;
  /** Lines taken, and what the cursors were before each of those that a stage may hold back. */
  #taken = 0;
  #before: { readonly line: number; readonly cursors: Cursors }[] = [];
  #lastMark: Mark | undefined;
  #isLeaving = false;
  readonly #abort = new AbortController();
  #wake: () => void = () => {};
  #running: Promise<void> | undefined;

  constructor(
    parts: ContainerParts,
    id: string,
    labels: StreamLabels,
    known: Mark | undefined,
    value: string,
  ) {
    this.#parts = parts;
    this.id = id;
    this.#labels = labels;
    this.#cursors = known?.cursors ?? {};
    this.#sinceSeconds = Number(known?.value ?? value) || 0;
    this.#lastMark = known;
    parts.intake.sender.addSource(this, known);
  }

  mark(): Mark | undefined {
    const held = this.#parts.intake.heldAt(this);
    if (held === undefined) this.#before = [];
    else this.#before = this.#before.filter((b) => b.line >= held);
    const cursors = this.#before[0]?.cursors ?? this.#cursors;
    const seconds = Object.values(cursors).map((c) => c.seconds);
    if (seconds.length > 0 && this.#lastMark?.cursors !== cursors) {
      // The earliest, so that Promtail would miss nothing.
      const value = String(Math.min(...seconds));
      this.#lastMark = { job: this.#parts.job, key: `cursor-${this.id}`, value, cursors };
    }
    return this.#lastMark;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** It runs no more: what it has written still comes. */
  leave(): void {
    this.#isLeaving = true;
    this.#wake();
  }

  stay(): void {
    this.#isLeaving = false;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { telemetry, log, onEnded } = this.#parts;
    let failures = 0;
    for (;;) {
      try {
        const wasLeaving = this.#isLeaving;
        const before = this.#taken;
        await this.#follow();
        failures = this.#taken > before ? 0 : failures + 1;
        // The whole of it was read after it had ended.
        if (wasLeaving && !this.#abort.signal.aborted) return onEnded(this, false);
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        if (error instanceof TriliteError && error.kind === 'not_found') return onEnded(this, true);
        telemetry.failure('read');
        if (failures++ === 0) log.warn("a container's logs cannot be read", { container: this.id, error });
        if (this.#isLeaving) return onEnded(this, false);
      }
      if (this.#abort.signal.aborted) return;
      await this.#pause(Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.max(0, failures - 1)));
    }
  }

  #pause(delayMs: number): Promise<void> {
    if (this.#isLeaving || this.#abort.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#parts.clock.after(delayMs, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** Reads until the engine ends the stream, which it does when the container has ended. */
  async #follow(): Promise<void> {
    const { api, intake } = this.#parts;
    const path = `/containers/${encodeURIComponent(this.id)}`;
    const { Config } = await api.get<{ readonly Config?: { readonly Tty?: boolean } }>(`${path}/json`);
    const query = `follow=1&stdout=1&stderr=1&timestamps=1&since=${this.#since()}`;
    const response = await api.stream(`${path}/logs?${query}`, this.#abort.signal);
    const splitter = Config?.Tty ? new PlainSplitter() : new FrameSplitter();
    const streams = { stdout: new DockerLines('stdout'), stderr: new DockerLines('stderr') };
    const skipped = { stdout: 0, stderr: 0 };
    const start = this.#cursors;
    for await (const chunk of response) {
      intake.counters.bytes.add((chunk as Buffer).length);
      const lines: DockerLine[] = [];
      splitter.push(chunk as Buffer, (stream, payload) =>
        streams[stream].frame(payload, (line) => lines.push(line)),
      );
      for (const line of lines) {
        if (!this.#isKnown(line, start[line.stream], skipped) && !(await this.#take(line))) return;
      }
      await intake.sender.room();
      if (this.#abort.signal.aborted) return;
    }
  }

  #since(): string {
    const all = Object.values(this.#cursors);
    if (all.length === 0) return String(this.#sinceSeconds);
    const first = all.reduce((a, b) => (isBefore(b, a) ? b : a));
    return `${first.seconds}.${String(first.nanos).padStart(9, '0')}`;
  }

  /** Whether the line was taken before this start. */
  #isKnown(line: DockerLine, last: Cursor | undefined, skipped: Record<LogStream, number>): boolean {
    if (!last) return false;
    const at = cursorOf(line.time);
    if (!at || isBefore(last, at)) return false;
    if (isBefore(at, last)) return true;
    return skipped[line.stream]++ < last.lines;
  }

  /** False where it was not taken, because this is the end. */
  async #take({ stream, time, text }: DockerLine): Promise<boolean> {
    const { intake, telemetry, clock } = this.#parts;
    if (this.#abort.signal.aborted) return false;
    const at = cursorOf(time);
    const labels = this.#labels[stream];
    const before = this.#cursors;
    this.#before.push({ line: this.#taken, cursors: before });
    if (text === undefined) telemetry.dropped('', 'line_too_long', 1);
    else if (labels) {
      const entryTime = at
        ? { timeMs: at.seconds * 1000 + Math.floor(at.nanos / 1e6), timeNs: at.nanos % 1e6 }
        : { timeMs: clock.now(), timeNs: 0 };
      const taken = intake.line(this, this.#taken, labels, entryTime, text);
      if (taken !== true && !(await taken)) return false;
    }
    this.#taken++;
    if (at) {
      const last = before[stream];
      const lines = last && !isBefore(last, at) && !isBefore(at, last) ? last.lines + 1 : 1;
      this.#cursors = { ...before, [stream]: { ...at, lines } };
    }
    return true;
  }
}

interface Moment {
  readonly seconds: number;
  readonly nanos: number;
}

function cursorOf(time: string): Moment | undefined {
  const instant = parseRfc3339(time);
  if (!instant) return undefined;
  const seconds = Math.floor(instant.ms / 1000);
  return { seconds, nanos: (instant.ms - seconds * 1000) * 1e6 + instant.ns };
}

function isBefore(a: Moment, b: Moment): boolean {
  return a.seconds !== b.seconds ? a.seconds < b.seconds : a.nanos < b.nanos;
}
