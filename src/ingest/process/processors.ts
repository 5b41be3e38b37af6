/** The rules in force, by what they stand before. What is worked out of an appender's items belongs to the appender. */

import type { Logger } from '../../base/log.ts';
import type { Telemetry } from '../../base/telemetry.ts';
import type { SpanBatch } from '../../model/batch.ts';
import { TriliteError } from '../../model/errors.ts';
import type { AppendOutcome, LogAppender, MetricAppender } from '../../storage/interface.ts';
import type { SpanIntake, SpanOrigin } from '../span-intake.ts';
import { LogProcessor } from './log-processor.ts';
import { MetricProcessor } from './metric-processor.ts';
import type { ProcessorRule } from './process-config.ts';
import { ProcessTelemetry } from './process-telemetry.ts';
import { ProcessorSet } from './processor-set.ts';
import type { RuleSet } from './rule-set.ts';
import { SpanProcessor } from './span-processor.ts';
import { type FollowedEntry, TailEntries } from './tail-entries.ts';

/** Key files are looked at so often, in ms. */
const KEYS_LOOK_MS = 5000;

export interface ProcessorsParts {
  readonly telemetry: Telemetry;
  readonly log: Logger;
  /** In ms, from any moment. */
  readonly now: () => number;
}

/** What was made for a set of rules; a place for each kind. */
class Made<Key extends object, Value> {
  readonly #bySet = new WeakMap<RuleSet, WeakMap<Key, Value>>();

  of(set: RuleSet, key: Key, make: () => Value): Value {
    let byKey = this.#bySet.get(set);
    if (!byKey) this.#bySet.set(set, (byKey = new WeakMap()));
    let value = byKey.get(key);
    if (!value) byKey.set(key, (value = make()));
    return value;
  }
}

export class Processors {
  readonly #parts: ProcessorsParts;
  readonly #telemetry: ProcessTelemetry;
  #set: ProcessorSet;
  #lookedMs: number;
  readonly #metrics = new Made<MetricAppender, MetricProcessor>();
  readonly #logs = new Made<LogAppender, LogProcessor>();
  readonly #spans = new Made<RuleSet, SpanProcessor>();
  readonly #tail = new Made<RuleSet, TailEntries>();

  /** Throws `TriliteError` (`bad_data`) as `ProcessorSet` does. */
  constructor(config: readonly ProcessorRule[], parts: ProcessorsParts) {
    this.#parts = parts;
    this.#telemetry = new ProcessTelemetry(parts.telemetry);
    this.#set = new ProcessorSet(config);
    this.#lookedMs = parts.now();
  }

  /** Undefined where no rule is for the tenant's. */
  metrics(inner: MetricAppender, tenant: string): MetricAppender | undefined {
    const set = this.#now().of('metrics', tenant);
    return (
      set &&
      this.#metrics.of(set, inner, () => new MetricProcessor(set, inner, this.#telemetry, this.#parts.now))
    );
  }

  logs(inner: LogAppender, tenant: string): LogAppender | undefined {
    const set = this.#now().of('logs', tenant);
    return set && this.#logs.of(set, inner, () => new LogProcessor(set, inner, this.#telemetry));
  }

  spans(batch: SpanBatch, origin: SpanOrigin, inner: SpanIntake): Promise<AppendOutcome> | undefined {
    const set = this.#now().of('traces', origin.tenant);
    return (
      set &&
      this.#spans.of(set, set, () => new SpanProcessor(set, this.#telemetry)).append(batch, origin, inner)
    );
  }

  followed(entry: FollowedEntry, tenant: string, labelsShared: boolean): FollowedEntry | undefined {
    const set = this.#now().of('logs', tenant);
    if (!set) return entry;
    return this.#tail.of(set, set, () => new TailEntries(set, this.#telemetry)).process(entry, labelsShared);
  }

  /** The set under the keys of now. */
  #now(): ProcessorSet {
    const now = this.#parts.now();
    if (now - this.#lookedMs < KEYS_LOOK_MS) return this.#set;
    this.#lookedMs = now;
    const { log } = this.#parts;
    try {
      const renewed = this.#set.renewed();
      if (renewed !== this.#set) {
        this.#set = renewed;
        log.warn('a key of processors has changed: the same values have other hashes from now on');
      }
    } catch (error) {
      if (!(error instanceof TriliteError)) throw error;
      log.warn('a key of processors cannot be read: the one that was read before stays in use', {
        error: error.message,
      });
    }
    return this.#set;
  }
}
