/**
 * Rules for lines that are followed, before they are written anywhere: what is on its way to storage or to another server
 * waits in a journal. Service names and levels are found later, in what the rules left.
 */

import { SERVICE_NAME, UNKNOWN_SERVICE } from '../decode/stream-labels.ts';
import { AttributeGroup } from './attribute-group.ts';
import { ENTRY_METADATA, STREAM_LABELS } from './group-kinds.ts';
import type { ProcessTelemetry } from './process-telemetry.ts';
import { itemPassage, LayerState, outerPassage, type Passage, type RuleSet } from './rule-set.ts';

/** What rules see of a followed line. */
export interface FollowedEntry {
  readonly labels: Map<string, string>;
  readonly metadata: Map<string, string>;
  readonly line: string;
}

interface KnownLabels {
  readonly begin: LayerState;
  readonly passage: Passage | 'open' | undefined;
}

export class TailEntries {
  readonly #set: RuleSet;
  readonly #telemetry: ProcessTelemetry;
  readonly #known = new WeakMap<ReadonlyMap<string, string>, KnownLabels>();
  readonly #stored = new WeakMap<LayerState, Map<string, string>>();

  constructor(set: RuleSet, telemetry: ProcessTelemetry) {
    this.#set = set;
    this.#telemetry = telemetry;
  }

  /** Undefined where the entry is not to be stored. `labelsShared`: the same map of labels always has the same labels. */
  process(entry: FollowedEntry, labelsShared: boolean): FollowedEntry | undefined {
    const known = this.#knownOf(entry.labels, labelsShared);
    const metadata = groupOf(ENTRY_METADATA, entry.metadata);
    let { passage } = known;
    if (passage === 'open') {
      passage = itemPassage(
        this.#set,
        known.begin,
        (rule, outer) => rule.verdict([outer, metadata], true) === 'yes',
        (rule) => rule.apply(metadata, 'item'),
      );
    } else if (passage) {
      for (const rule of passage.plan.rules) rule.apply(metadata, 'item');
    }
    if (!passage) {
      this.#telemetry.dropped('logs', 1);
      return undefined;
    }
    return {
      labels: passage.state.group.isChanged ? this.#labels(passage.state) : entry.labels,
      metadata: metadata.isChanged ? new Map(Object.entries(metadata.toLabels().toObject())) : entry.metadata,
      line: passage.plan.text(entry.line),
    };
  }

  #knownOf(labels: ReadonlyMap<string, string>, shared: boolean): KnownLabels {
    let known = shared ? this.#known.get(labels) : undefined;
    if (!known) {
      const begin = new LayerState(this.#set, 'resource', groupOf(STREAM_LABELS, labels));
      known = { begin, passage: outerPassage(this.#set, begin) };
      if (shared) this.#known.set(labels, known);
    }
    return known;
  }

  #labels(state: LayerState): Map<string, string> {
    let labels = this.#stored.get(state);
    if (!labels) {
      labels = new Map(Object.entries(state.group.toLabels().toObject()));
      // A stream has one label at least.
      if (labels.size === 0) labels.set(SERVICE_NAME, UNKNOWN_SERVICE);
      this.#stored.set(state, labels);
    }
    return labels;
  }
}

function groupOf(kind: typeof STREAM_LABELS, pairs: ReadonlyMap<string, string>): AttributeGroup {
  const group = new AttributeGroup(kind, [], []);
  for (const [name, value] of pairs) group.add(name, { type: 'string', value });
  return group;
}
