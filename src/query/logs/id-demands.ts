/**
 * Which IDs every entry that passes a pipeline must say (`model/entry-id.ts`): what lets storage find "all logs of this
 * trace" through its index. Only what follows for certain is demanded; where a stage makes text or labels that the
 * entry does not hold as they are, nothing is concluded from what comes behind it.
 *
 * - `|= "…ID…"`, and `|~` of such literals: the ID is in the line.
 * - A label that equals an ID: the label is of the stream, or metadata, or what a parser cut out of the line. Fields of
 *   JSON and logfmt are whole runs of digits (an escape in them is storage's concern), a capture may be part of one.
 * - `label_format x=`{{ contains "ID" __line__ }}` | x="true" or trace_id="ID"`, which is what Grafana asks.
 */

import { ID_DIGITS, type IdDemand, isEntryId, namesSpanId, SHORT_ID_DIGITS } from '../../model/entry-id.ts';
import { compileSearch } from '../../model/regex.ts';
import type { LabelFilter, LineFilterStage, Stage } from '../lang/logql/ast.ts';

/** Demands beyond these would save nothing more. */
const DEMANDS_MAX = 8;
/** IDs in one demand: each costs a look-up per run of the index. */
const ANY_OF_MAX = 64;

/** A template that says whether the line contains an ID. */
const CONTAINS_ID = /^\{\{-?\s*contains\s+(?:"([0-9a-fA-F]{32})"|`([0-9a-fA-F]{32})`)\s+__line__\s*-?\}\}$/;

/** The demands of a pipeline; none where nothing follows. */
export function idDemands(stages: readonly Stage[]): IdDemand[] {
  const walk = new StageWalk();
  for (const stage of stages) walk.take(stage);
  return walk.demands.slice(0, DEMANDS_MAX);
}

class StageWalk {
  readonly demands: IdDemand[] = [];
  /** The line is the entry's own. */
  #lineIsOwn = true;
  /** Digits on both sides of a colour have come together for what reads the line from here on. */
  #decolorized = false;
  /** What parsers found is out of the entry's own line. */
  #labelsAreOwn = true;
  /** A parser may have cut a run of digits. */
  #cut = false;
  /** A parser may have given a value another name than its key. */
  #renamed = false;
  /** Labels set by `label_format`, with the ID that the line contains where the label is `true`. */
  readonly #made = new Map<string, string | undefined>();

  take(stage: Stage): void {
    switch (stage.kind) {
      case 'line-filter': {
        // `decolorize` does not matter: filters see the line as it came.
        const demand = this.#lineIsOwn ? demandOfLineFilter(stage) : undefined;
        if (demand) this.demands.push(demand);
        return;
      }
      case 'label-filter':
        this.demands.push(...this.#ofFilter(stage.filter));
        return;
      case 'json':
      case 'logfmt':
        this.#parse();
        if (stage.items.length > 0) this.#renamed = true;
        return;
      case 'regexp':
      case 'pattern':
        this.#parse();
        this.#cut = true;
        return;
      case 'unpack':
        this.#parse();
        this.#lineIsOwn = false;
        return;
      case 'line-format':
        this.#lineIsOwn = false;
        return;
      case 'decolorize':
        this.#decolorized = true;
        return;
      case 'label-format':
        for (const item of stage.items) {
          const id =
            this.#lineIsOwn && !this.#decolorized && item.form === 'template'
              ? CONTAINS_ID.exec(item.text)
              : null;
          this.#made.set(item.name, id?.[1] ?? id?.[2]);
        }
        return;
      case 'drop':
      case 'keep':
        return;
      default:
        // A stage of a later day: nothing is known of what it does.
        this.#lineIsOwn = false;
        this.#labelsAreOwn = false;
    }
  }

  #parse(): void {
    if (!this.#lineIsOwn || this.#decolorized) this.#labelsAreOwn = false;
  }

  /** Demands that the filter's outcome implies, all of them. */
  #ofFilter(filter: LabelFilter): IdDemand[] {
    switch (filter.kind) {
      case 'and':
        return [...this.#ofFilter(filter.left), ...this.#ofFilter(filter.right)];
      case 'or': {
        const left = this.#ofFilter(filter.left)[0];
        const right = this.#ofFilter(filter.right)[0];
        return left && right ? [either(left, right)] : [];
      }
      case 'match': {
        const { name, literals } = filter.matcher;
        return literals && literals.length > 0 && literals.length <= ANY_OF_MAX
          ? this.#ofMatch(name, literals)
          : [];
      }
      default:
        return [];
    }
  }

  #ofMatch(name: string, values: readonly string[]): IdDemand[] {
    if (this.#made.has(name)) {
      const id = this.#made.get(name);
      return id !== undefined && values.length === 1 && values[0] === 'true'
        ? [{ anyOf: [id], partial: true, labels: [] }]
        : [];
    }
    if (!this.#labelsAreOwn || !values.every(isEntryId)) return [];
    // IDs of 16 digits are in the index but for those that a span's key names.
    const short = values.some((v) => v.length === SHORT_ID_DIGITS);
    if (short && (this.#cut || this.#renamed || namesSpanId(name))) return [];
    return [{ anyOf: values, partial: this.#cut, labels: [name] }];
  }
}

function either(a: IdDemand, b: IdDemand): IdDemand {
  return {
    anyOf: [...new Set([...a.anyOf, ...b.anyOf])],
    partial: a.partial || b.partial,
    labels: [...a.labels, ...b.labels],
  };
}

/** What a line that passes contains: of each operand the first ID. */
function demandOfLineFilter(stage: LineFilterStage): IdDemand | undefined {
  if (stage.op !== '|=' && stage.op !== '|~') return undefined;
  const anyOf: string[] = [];
  for (const operand of stage.operands) {
    if (operand.ip) return undefined;
    const literals = stage.op === '|=' ? [operand.text] : literalsOf(operand.text);
    if (!literals) return undefined;
    for (const literal of literals) {
      const id = idWithin(literal);
      if (id === undefined || anyOf.length === ANY_OF_MAX) return undefined;
      anyOf.push(id);
    }
  }
  return anyOf.length === 0 ? undefined : { anyOf, partial: true, labels: [] };
}

function literalsOf(pattern: string): readonly string[] | undefined {
  try {
    return compileSearch(pattern).anyOf;
  } catch {
    // The stage itself refuses it.
    return undefined;
  }
}

/** The first run of exactly 32 hex digits in a text. */
function idWithin(text: string): string | undefined {
  return text.match(/[0-9a-fA-F]+/g)?.find((run) => run.length === ID_DIGITS);
}
