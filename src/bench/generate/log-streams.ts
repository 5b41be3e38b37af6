/**
 * The streams of the log workloads and the order of their entries.
 *
 * A pod has three streams, one per level, of which `info` says most. Agents (one per node, as Promtail or Alloy run)
 * hold `AGENT_STREAMS` streams each and take turns in sending; an agent's entries are in order of time, and no two of
 * one agent have the same time, so that no entry is a duplicate of another.
 *
 * Churn replaces a window of neighbouring pods: their streams get new labels.
 */

import { Random, seedOf } from '../random.ts';
import { type LoadOptions, RUN_LABEL } from '../workload.ts';
import { makeServices, type Service } from './cast.ts';
import { formOf, type Level, LineMaker } from './log-lines.ts';

export const LEVELS: readonly Level[] = ['info', 'warn', 'error'];
/** How many of 24 lines of a pod have each level. */
const LEVEL_WEIGHTS = [20, 3, 1] as const;
const LEVEL_TICKETS = 24;
const AGENT_STREAMS = 24;
export const PODS_PER_SERVICE = 4;
const NS_PER_MS = 1e6;

export class LogStreams {
  readonly options: LoadOptions;
  readonly count: number;
  readonly services: readonly Service[];
  readonly #generations: Uint32Array;

  constructor(options: LoadOptions) {
    this.options = options;
    this.count = options.series;
    const pods = Math.ceil(this.count / LEVELS.length);
    this.services = makeServices(Math.max(1, Math.ceil(pods / PODS_PER_SERVICE)), options.seed);
    this.#generations = new Uint32Array(pods);
  }

  level(stream: number): Level {
    return LEVELS[stream % LEVELS.length]!;
  }

  service(stream: number): Service {
    return this.services[Math.floor(stream / LEVELS.length) % this.services.length]!;
  }

  /** Pairs sorted by name. */
  labels(stream: number): readonly (readonly [string, string])[] {
    const pod = Math.floor(stream / LEVELS.length);
    const service = this.service(stream);
    const random = new Random(seedOf(seedOf(this.options.seed, pod), this.#generations[pod]!));
    return [
      [RUN_LABEL, this.options.run],
      ['cluster', 'bench-1'],
      ['container', service.name],
      ['level', this.level(stream)],
      ['namespace', service.namespace],
      ['pod', `${service.name}-${random.hex(9)}-${random.hex(5)}`],
      ['service', service.name],
    ];
  }

  /** Replaces the pods whose turn it is at churn number `n`; returns the streams that are new. */
  churn(n: number): number[] {
    const pods = this.#generations.length;
    const size = Math.min(pods, Math.round(pods * this.options.churn));
    const streams: number[] = [];
    for (let k = 0; k < size; k++) {
      const pod = (n * size + k) % pods;
      this.#generations[pod]!++;
      for (let l = 0; l < LEVELS.length; l++) {
        const stream = pod * LEVELS.length + l;
        if (stream < this.count) streams.push(stream);
      }
    }
    return streams;
  }
}

/** What goes into one request: entries by stream, in order of time within each. */
export interface LogBatch {
  /** Streams that have entries, and those entries. */
  readonly streams: Map<number, LogEntry[]>;
  readonly items: number;
  /** Whose entries they are. */
  readonly agent: number;
  readonly newestMs: number;
  /** Streams whose labels are new since the last batch: what an encoder keeps of them is void. */
  readonly renewed: readonly number[];
}

export interface LogEntry {
  readonly timeMs: number;
  /** Below a million. */
  readonly ns: number;
  readonly line: string;
  /** Hexadecimal; empty where the line has none. */
  readonly traceId: string;
}

/** Batches of `options.batch` entries, agent after agent. */
export function* logBatches(streams: LogStreams): Generator<LogBatch, undefined> {
  const { options } = streams;
  const form = options.lines ?? 'json';
  const lines = new LineMaker(options.seed);
  const random = new Random(seedOf(options.seed, 0x5742));
  const agents = Math.ceil(streams.count / AGENT_STREAMS);
  // A round is as many entries as streams, whichever streams they fall to.
  const stepNs = (options.intervalMs * NS_PER_MS) / Math.min(AGENT_STREAMS, streams.count);
  const sentByAgent = new Float64Array(agents);
  let left = options.items;
  let sent = 0;
  let churns = 0;
  let renewed: readonly number[] = [];
  for (let turn = 0; left > 0; turn++) {
    const agent = turn % agents;
    const first = agent * AGENT_STREAMS;
    const held = Math.min(AGENT_STREAMS, streams.count - first);
    const items = Math.min(options.batch, left);
    const byStream = new Map<number, LogEntry[]>();
    let newestMs = 0;
    for (let i = 0; i < items; i++) {
      const stream = first + pickStream(random, held);
      const atNs = Math.floor((sentByAgent[agent]! + random.next() * 0.99) * stepNs);
      sentByAgent[agent]!++;
      const timeMs = options.startMs + Math.floor(atNs / NS_PER_MS);
      const ns = atNs % NS_PER_MS;
      newestMs = timeMs;
      const line = lines.next(formOf(form, streams.service(stream).index), streams.level(stream), timeMs, ns);
      const entry = { timeMs, ns, line, traceId: lines.traceId };
      const entries = byStream.get(stream);
      if (entries) entries.push(entry);
      else byStream.set(stream, [entry]);
    }
    left -= items;
    sent += items;
    yield { streams: byStream, items, agent, newestMs, renewed };
    const due = options.churn > 0 ? Math.floor(sent / (streams.count * options.churnEvery)) : 0;
    renewed = due > churns ? streams.churn(churns) : [];
    churns = due;
  }
  return undefined;
}

/** One of the `held` streams of an agent: a pod by even chance, its level by weight. */
function pickStream(random: Random, held: number): number {
  const pod = random.int(Math.ceil(held / LEVELS.length));
  const ticket = random.int(LEVEL_TICKETS);
  const level = ticket < LEVEL_WEIGHTS[0] ? 0 : ticket < LEVEL_WEIGHTS[0] + LEVEL_WEIGHTS[1] ? 1 : 2;
  return Math.min(held - 1, pod * LEVELS.length + level);
}
