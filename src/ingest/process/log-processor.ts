/**
 * Rules before an appender of logs. A stream's labels are worked out once for the object that decoders have of it, with what
 * its entries could meet. Lines stay bytes and are read as text only where a pattern may match; metadata strings are looked
 * at once for a batch.
 *
 * What a batch has beside its entries never gets to storage: the request as it came (`packed`), and strings of metadata that no
 * entry has.
 */

import { inSlices } from '../../base/slices.ts';
import type { LogBatch } from '../../model/batch.ts';
import type { Labels } from '../../model/labels.ts';
import type { AppendOutcome, LogAppender } from '../../storage/interface.ts';
import { keepEntries } from '../keep-entries.ts';
import { AttributeGroup } from './attribute-group.ts';
import { EntryEditor } from './entry-editor.ts';
import { STREAM_LABELS } from './group-kinds.ts';
import type { ProcessTelemetry } from './process-telemetry.ts';
import { itemPassage, LayerState, outerPassage, type Passage, type RuleSet } from './rule-set.ts';
import { streamAfter } from './stream-names.ts';

/** Entries between two looks at the clock. */
const SLICE_ENTRIES = 256;

/** What is known of a stream before its entries. */
interface KnownStream {
  readonly begin: LayerState;
  readonly passage: Passage | 'open' | undefined;
}

export class LogProcessor implements LogAppender {
  readonly #set: RuleSet;
  readonly #inner: LogAppender;
  readonly #telemetry: ProcessTelemetry;
  /** Decoders give the same object for a label string that they know. */
  readonly #streams = new WeakMap<Labels, KnownStream>();
  readonly #stored = new WeakMap<LayerState, Labels>();

  constructor(set: RuleSet, inner: LogAppender, telemetry: ProcessTelemetry) {
    this.#set = set;
    this.#inner = inner;
    this.#telemetry = telemetry;
  }

  async append(batch: LogBatch): Promise<AppendOutcome> {
    const processed = await inSlices(this.#process(batch));
    this.#telemetry.dropped('logs', batch.count - processed.count);
    if (processed.count === 0) return { accepted: 0, refused: [], durable: Promise.resolve() };
    return this.#inner.append(processed);
  }

  *#process(batch: LogBatch): Generator<void, LogBatch> {
    const editor = new EntryEditor(batch);
    const known = batch.streams.map((labels) => this.#streamOf(labels));
    const streams: Labels[] = [];
    const numbers = new Map<string, number>();
    const stream = new Uint32Array(batch.count);
    const kept: number[] = [];
    let last: Labels | undefined;
    let lastNumber = 0;
    for (let i = 0; i < batch.count; i++) {
      if (i % SLICE_ENTRIES === SLICE_ENTRIES - 1) yield;
      const given = batch.streams[batch.stream[i]!]!;
      const passage = this.#passage(known[batch.stream[i]!]!, editor, i);
      if (!passage) {
        editor.skip(i);
        continue;
      }
      const labels = this.#labelsOf(passage.state, given);
      editor.finish(i, passage.plan, given, labels);
      kept.push(i);
      if (labels !== last) {
        const known = numbers.get(labels.key());
        lastNumber = known ?? streams.push(labels) - 1;
        if (known === undefined) numbers.set(labels.key(), lastNumber);
        last = labels;
      }
      stream[i] = lastNumber;
    }
    const edited = { ...editor.result(), streams, stream };
    return kept.length === batch.count ? edited : keepEntries(edited, kept);
  }

  #passage(stream: KnownStream, editor: EntryEditor, i: number): Passage | undefined {
    if (stream.passage !== 'open') return stream.passage;
    const metadata = editor.open(i);
    return itemPassage(
      this.#set,
      stream.begin,
      (rule, outer) => rule.verdict([outer, metadata], true) === 'yes',
      (rule) => rule.apply(metadata, 'item'),
    );
  }

  #streamOf(labels: Labels): KnownStream {
    let stream = this.#streams.get(labels);
    if (!stream) {
      const begin = new LayerState(this.#set, 'resource', AttributeGroup.ofLabels(STREAM_LABELS, labels));
      stream = { begin, passage: outerPassage(this.#set, begin) };
      this.#streams.set(labels, stream);
    }
    return stream;
  }

  #labelsOf(state: LayerState, given: Labels): Labels {
    let labels = this.#stored.get(state);
    if (!labels) {
      labels = state.group.isChanged ? streamAfter(given, state.group.toLabels()) : given;
      this.#stored.set(state, labels);
    }
    return labels;
  }
}
