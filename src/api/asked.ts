/**
 * What was asked of each API and how it went: when last, by Grafana or others, what failed with what message, how far back
 * it was asked for. For whoever wonders why a dashboard is empty; bounded, whatever is asked.
 */

import { utf8Decode } from '../base/bytes.ts';
import { RecentMap } from '../base/recent-map.ts';
import { TriliteError } from '../model/errors.ts';
import { clipped, type SenderNote } from '../model/sender.ts';
import type { ServiceAnswer, ServiceRequest } from '../query/service.ts';
import { describeError, type Surface } from './error-answer.ts';

export interface AskedSurface {
  readonly surface: Surface;
  readonly count: number;
  readonly failed: number;
  readonly lastMs: number;
  /** The newest request of a Grafana; undefined: none. */
  readonly grafanaMs: number | undefined;
  readonly grafana: string;
  /** How far before now the earliest start of a question was, in ms. */
  readonly farthestMs: number;
}

export interface AskedFailure extends SenderNote {
  readonly surface: Surface;
  readonly path: string;
  readonly status: number;
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly message: string;
  readonly query: string;
}

const FAILURES_MAX = 64;
const TEXT_MAX_CHARS = 400;
/** Of an answer, the bytes that are looked at for a message. */
const MESSAGE_MAX_BYTES = 1024;
const QUERY_PARAMETERS: readonly string[] = ['query', 'q', 'match[]'];
/** Larger numbers are nanoseconds; seconds have ten digits until the year 2286. */
const SECONDS_MAX = 1e11;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export class Asked {
  readonly #surfaces = new Map<Surface, Writable<AskedSurface>>();
  readonly #failures = new RecentMap<string, Writable<AskedFailure>>(FAILURES_MAX);

  /** `outcome` is the answer, or the error that becomes one; `path` is the endpoint's pattern. */
  note(
    surface: Surface,
    path: string,
    { params, nowMs, client }: ServiceRequest,
    agent: string,
    outcome: ServiceAnswer | unknown,
  ): void {
    const own = this.#surface(surface);
    own.count++;
    own.lastMs = nowMs;
    if (agent.startsWith('Grafana/')) {
      own.grafanaMs = nowMs;
      own.grafana = clipped(agent, 40);
    }
    const startMs = startOf(params);
    if (startMs !== undefined) own.farthestMs = Math.max(own.farthestMs, nowMs - startMs);
    const failure = failureOf(outcome);
    if (!failure) return;
    own.failed++;
    const { status, message } = failure;
    const entry = this.#failures.use(`${path} ${status}`, () => ({
      ...{ surface, path, status, count: 0, firstMs: nowMs, lastMs: nowMs },
      ...{ message: '', query: '', peer: '', agent: '' },
    }));
    entry.count++;
    entry.lastMs = nowMs;
    entry.message = clipped(message, TEXT_MAX_CHARS);
    const query = params.find(([name]) => QUERY_PARAMETERS.includes(name))?.[1] ?? '';
    entry.query = clipped(query, TEXT_MAX_CHARS);
    entry.peer = client?.address ?? '';
    entry.agent = clipped(agent, TEXT_MAX_CHARS);
  }

  #surface(surface: Surface): Writable<AskedSurface> {
    let own = this.#surfaces.get(surface);
    if (!own) {
      own = { surface, count: 0, failed: 0, lastMs: 0, grafanaMs: undefined, grafana: '', farthestMs: 0 };
      this.#surfaces.set(surface, own);
    }
    return own;
  }

  surfaces(): readonly AskedSurface[] {
    return [...this.#surfaces.values()];
  }

  /** The newest first. */
  failures(): readonly AskedFailure[] {
    return this.#failures.values();
  }
}

/** The start of the range that is asked for, where it is a plain number or date. */
function startOf(params: ServiceRequest['params']): number | undefined {
  const text = params.find(([name]) => name === 'start')?.[1];
  if (!text) return undefined;
  const number = Number(text);
  if (Number.isNaN(number)) {
    const ms = Date.parse(text);
    return Number.isNaN(ms) ? undefined : ms;
  }
  // 0 and the like stand for the beginning of all time.
  if (number <= 0) return undefined;
  return number > SECONDS_MAX ? number / 1e6 : number * 1000;
}

/** Undefined where it went well, or nobody waited for it any more. */
function failureOf(outcome: unknown): { readonly status: number; readonly message: string } | undefined {
  if (outcome instanceof TriliteError) {
    return outcome.kind === 'canceled' ? undefined : describeError(outcome);
  }
  if (outcome instanceof Error) return { status: 500, message: 'internal error' };
  const { status, body } = outcome as ServiceAnswer;
  // A trace that is not there is an answer.
  if (status < 400 || status === 404 || status === 499) return undefined;
  return { status, message: utf8Decode(body.subarray(0, MESSAGE_MAX_BYTES)).trim() };
}
