/**
 * The objects of one selection as they are at present: listed in pages, then watched. How it goes on when something ends:
 *
 * 1. The server ends a watch every few minutes: the next one begins at the version that the last one came to (bookmarks
 *    keep that recent where nothing changes).
 * 2. The server has forgotten that version (410): everything is listed again, and what is different is told.
 * 3. A request fails: told, tried again after a pause that grows. What is known stays known.
 * 4. A connection dies without a word: the system notices (keep-alive), or the watch's own time is over.
 */

import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { turnGiver } from '../base/slices.ts';
import { TriliteError } from '../model/errors.ts';
import { Backoff, type BackoffLimits } from './backoff.ts';
import { type KubeClient, KubeStatusError, type Query } from './kube-client.ts';
import { type KubeObject, objectKey, objectPath, type Selection } from './kube-object.ts';
import { ListReader } from './list-reader.ts';
import { watchEvents } from './watch-events.ts';

/** Objects in one page of a list. */
const PAGE_OBJECTS = 500;
/** Of one page, from the request to its end. */
const LIST_TIMEOUT_MS = 60_000;
/** The server ends a watch after this, or up to twice this: many watches shall not end together. */
const WATCH_SECONDS_MIN = 300;
/** A watch that the server should have ended for so long is dead. */
const WATCH_GRACE_MS = 30_000;
/** Of silence, before the system asks whether the other end is there. */
const KEEP_ALIVE_MS = 30_000;
/** A watch that ends sooner, and brings nothing, would be begun again and again without a pause. */
const SHORT_WATCH_MS = 1000;
const GONE = 410;
/** The server, or the way to it, is not well; the version that was come to holds. */
const PASSING: ReadonlySet<number> = new Set([401, 403, 429, 500, 502, 503]);

export const WATCH_BACKOFF: BackoffLimits = { firstMs: 1000, maxMs: 30_000 };

export type ChangeType = 'add' | 'update' | 'delete';

export interface WatchListener<T> {
  /** `before` is what was known of an object that was updated; a deleted one is told as it was last. */
  onChange(type: ChangeType, key: string, object: T, before: T | undefined): void;
  /** All objects that there are have been told. Once. */
  onSync(): void;
  /** A request failed and will be tried again. */
  onError(error: unknown): void;
  /** After errors: everything is as the server has it again, and followed. */
  onRecovered?(): void;
}

export interface WatchOptions {
  readonly clock: Clock;
  readonly backoff?: BackoffLimits;
  readonly random?: () => number;
}

export class ObjectWatch<T extends KubeObject> {
  readonly #client: KubeClient;
  readonly #selection: Selection<T>;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #listeners = new Set<WatchListener<T>>();
  readonly #abort = new AbortController();
  #objects = new Map<string, T>();
  /** That a watch goes on from. */
  #version: string | undefined;
  #isSynced = false;
  /** Since the last watch that came to be. */
  #hasFailed = false;
  /** Ends the pause that there may be. */
  #wake = (): void => {};

  constructor(client: KubeClient, selection: Selection<T>, options: WatchOptions) {
    const { clock, backoff = WATCH_BACKOFF, random = Math.random } = options;
    this.#client = client;
    this.#selection = selection;
    this.#path = objectPath(selection.resource, selection.namespace);
    this.#clock = clock;
    this.#random = random;
    this.#backoff = new Backoff(backoff, random);
  }

  /** By `NAMESPACE/NAME`. The map is this watch's own and changes. */
  get objects(): ReadonlyMap<string, T> {
    return this.#objects;
  }

  /** Whether there has been a whole list. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** What is known already is told as added, before this returns. Gives back what ends it. */
  subscribe(listener: WatchListener<T>): () => void {
    this.#listeners.add(listener);
    if (this.#isSynced) {
      for (const [key, object] of this.#objects) listener.onChange('add', key, object, undefined);
      listener.onSync();
    }
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#abort.abort();
    this.#wake();
    this.#listeners.clear();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        this.#version ??= await this.#list();
        await this.#watch(this.#version);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof KubeStatusError && !PASSING.has(error.status)) this.#version = undefined;
        this.#hasFailed = true;
        for (const listener of [...this.#listeners]) listener.onError(error);
        await this.#pause();
      }
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(this.#backoff.next(), resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** Resolves with the version that a watch goes on from, once everything that is different has been told. */
  async #list(): Promise<string> {
    const found = new Map<string, T>();
    let limit = String(PAGE_OBJECTS);
    let next = '';
    for (;;) {
      const meta = await this.#page({ limit, continue: next }, found).catch((error: unknown) => {
        const isExpired = error instanceof KubeStatusError && error.status === GONE && next !== '';
        if (!isExpired) throw error;
        // The list took longer than its version is kept: all at once, then.
        return undefined;
      });
      if (meta === undefined) {
        found.clear();
        [limit, next] = ['', ''];
        continue;
      }
      next = meta.continue ?? '';
      if (next !== '') continue;
      this.#replace(found);
      return meta.resourceVersion ?? '';
    }
  }

  async #page(query: Query, found: Map<string, T>) {
    const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(LIST_TIMEOUT_MS)]);
    const response = await this.#open(query, signal);
    const { keep } = this.#selection.resource;
    const reader = new ListReader<T>((item) => found.set(objectKey(item), keep(item)));
    try {
      const giveTurn = turnGiver();
      for await (const piece of response) {
        reader.push(piece as Buffer);
        await giveTurn();
      }
      return reader.end();
    } catch (error) {
      throw new TriliteError('execution', `list of ${this.#path}: ${(error as Error).message}`);
    }
  }

  #replace(found: Map<string, T>): void {
    const before = this.#objects;
    this.#objects = found;
    for (const [key, object] of found) {
      const known = before.get(key);
      if (known === undefined) this.#tell('add', key, object, undefined);
      else if (versionOf(known) !== versionOf(object)) this.#tell('update', key, object, known);
    }
    for (const [key, object] of before) if (!found.has(key)) this.#tell('delete', key, object, object);
    if (this.#isSynced) return;
    this.#isSynced = true;
    for (const listener of [...this.#listeners]) listener.onSync();
  }

  /** Resolves when the watch has ended; there is no version any more where the server has forgotten it. Rejects where it did not begin. */
  async #watch(from: string): Promise<void> {
    const seconds = Math.round(WATCH_SECONDS_MIN * (1 + this.#random()));
    const overdue = new AbortController();
    const timer = this.#clock.after(seconds * 1000 + WATCH_GRACE_MS, () => overdue.abort());
    const began = this.#clock.elapsed();
    let changes = 0;
    try {
      const query = {
        watch: '1',
        resourceVersion: from,
        allowWatchBookmarks: 'true',
        timeoutSeconds: String(seconds),
      };
      const response = await this.#open(query, AbortSignal.any([this.#abort.signal, overdue.signal]));
      this.#noteRecovery();
      if (response.socket instanceof Socket) response.socket.setKeepAlive(true, KEEP_ALIVE_MS);
      const giveTurn = turnGiver();
      for await (const { type, object } of watchEvents<T>(response)) {
        if (type === 'ERROR') throw this.#watchError(object);
        changes++;
        this.#apply(type, object);
        await giveTurn();
      }
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      if (isGone(error)) this.#version = undefined;
      // A connection that breaks is the end of a watch as any other.
      else if (error instanceof TriliteError) throw error;
      // An object that is not of the shape that its kind has.
      else if (error instanceof TypeError)
        throw new TriliteError('execution', `watch of ${this.#path}: ${error.message}`);
    } finally {
      timer.cancel();
    }
    if (changes > 0 || this.#clock.elapsed() - began >= SHORT_WATCH_MS) this.#backoff.reset();
    else await this.#pause();
  }

  #noteRecovery(): void {
    if (!this.#hasFailed) return;
    this.#hasFailed = false;
    for (const listener of [...this.#listeners]) listener.onRecovered?.();
  }

  #apply(type: string, object: T): void {
    this.#version = versionOf(object) ?? this.#version;
    if (type === 'BOOKMARK') return;
    const key = objectKey(object);
    const known = this.#objects.get(key);
    const kept = this.#selection.resource.keep(object);
    if (type === 'DELETED') {
      if (this.#objects.delete(key)) this.#tell('delete', key, kept, known);
      return;
    }
    this.#objects.set(key, kept);
    this.#tell(known === undefined ? 'add' : 'update', key, kept, known);
  }

  #tell(type: ChangeType, key: string, object: T, before: T | undefined): void {
    for (const listener of [...this.#listeners]) listener.onChange(type, key, object, before);
  }

  /** Of an event of type ERROR: its object is a `Status`. */
  #watchError(status: unknown): KubeStatusError {
    const { code = 500, message = 'no reason given' } = status as { code?: number; message?: string };
    return new KubeStatusError(code, `watch of ${this.#path}: ${message}`);
  }

  #open(query: Query, signal: AbortSignal): Promise<IncomingMessage> {
    const { labelSelector, fieldSelector } = this.#selection;
    return this.#client.open(this.#path, { ...query, labelSelector, fieldSelector }, signal);
  }
}

function versionOf({ metadata }: KubeObject): string | undefined {
  return metadata?.resourceVersion;
}

function isGone(error: unknown): boolean {
  return error instanceof KubeStatusError && error.status === GONE;
}
