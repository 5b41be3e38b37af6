/**
 * Line filters. A run of substring filters at the head of a pipeline is applied to a whole chunk at once
 * (`ChunkFilter`): each needle is searched in the chunk's contiguous bytes, and only hits are mapped to lines.
 * Elsewhere a filter tests one line.
 */

import type { EntryChunk } from '../../../model/entry-chunk.ts';
import { TriliteError } from '../../../model/errors.ts';
import { compileSearch, type SearchRegex } from '../../../model/regex.ts';
import type { LineFilterOperand, LineFilterStage } from '../../lang/logql/ast.ts';
import { filterPatternFault, splitPattern } from '../../lang/logql/capture-pattern.ts';
import { printStage } from '../../lang/logql/printer.ts';
import { IpMatcher } from './ip.ts';
import { type StageFn, stageError } from './stage.ts';

type LineTest = (line: string) => boolean;

/** Throws `TriliteError` where an operand is malformed. */
export function compileLineFilter(stage: LineFilterStage, shown = printStage(stage)): StageFn {
  const tests = decisiveOperands(stage).map((operand) => compileOperand(stage, operand, shown));
  const positive = stage.op.startsWith('|');
  if (tests.length === 1) {
    const test = tests[0]!;
    return (s) => test(s.text()) === positive;
  }
  return (s) => {
    const line = s.text();
    return tests.some((test) => test(line)) === positive;
  };
}

/** Of a chain without those that every line passes: the original leaves them out, though one would decide the chain. */
function decisiveOperands({ op, operands }: LineFilterStage): readonly LineFilterOperand[] {
  const passes = ({ ip, text }: LineFilterOperand): boolean =>
    !ip && ((text === '' && (op === '|=' || op === '|~')) || (text === '.*' && op === '|~'));
  const decisive = operands.filter((operand) => !passes(operand));
  return decisive.length > 0 ? decisive : operands.slice(0, 1);
}

function compileOperand(stage: LineFilterStage, operand: LineFilterOperand, shown: string): LineTest {
  const refuse = (cause: string): TriliteError => stageError(shown, cause);
  const { text } = operand;
  if (operand.ip) {
    const matcher = IpMatcher.parse(text);
    if (!matcher || (stage.op !== '|=' && stage.op !== '!=')) {
      throw refuse(`ip: invalid pattern: ${JSON.stringify(text)}`);
    }
    return (line) => matcher.matchesLine(line);
  }
  switch (stage.op) {
    case '|=':
    case '!=':
      return (line) => line.includes(text);
    case '|~':
    case '!~':
      return searchOf(text, refuse).test;
    default:
      return compilePattern(text, refuse);
  }
}

function searchOf(pattern: string, refuse: (cause: string) => TriliteError): SearchRegex {
  try {
    return compileSearch(pattern);
  } catch (error) {
    throw error instanceof TriliteError ? refuse(error.message) : error;
  }
}

/**
 * `|>`: literals in order. A capture may not be empty; the first literal is searched anywhere, so a pattern that
 * starts with a literal is not anchored; one that ends with a literal must end the line.
 */
function compilePattern(pattern: string, refuse: (cause: string) => TriliteError): LineTest {
  if (pattern === '') return (line) => line === '';
  const parts = splitPattern(pattern);
  const fault = filterPatternFault(parts);
  if (fault) throw refuse(fault);
  const literals = parts.flatMap((p) => ('literal' in p ? [p.literal] : []));
  const startsOpen = 'capture' in parts[0]!;
  const endsOpen = 'capture' in parts.at(-1)!;
  if (literals.length === 0) return (line) => line !== '';
  return (line) => {
    let at = 0;
    for (let i = 0; i < literals.length; i++) {
      const literal = literals[i]!;
      const found = line.indexOf(literal, at);
      if (found < 0 || (found === at && (i > 0 || startsOpen))) return false;
      at = found + literal.length;
    }
    return endsOpen ? at < line.length : at === line.length;
  };
}

/** One substring test of a chunk filter: any of the needles must (or none may) be in the line. */
interface ByteFilter {
  readonly needles: readonly Uint8Array[];
  readonly positive: boolean;
}

/** The part of a pipeline that can run over a chunk's bytes. */
export class ChunkFilter {
  readonly #filters: readonly ByteFilter[];

  private constructor(filters: readonly ByteFilter[]) {
    this.#filters = filters;
  }

  /** The leading substring filters of the stages, and how many stages they are. */
  static fromStages(stages: readonly { readonly kind: string }[]): { filter: ChunkFilter; length: number } {
    const filters: ByteFilter[] = [];
    let length = 0;
    for (const stage of stages) {
      if (stage.kind !== 'line-filter') break;
      const lineFilter = stage as LineFilterStage;
      const needles = needlesOf(lineFilter);
      if (!needles) break;
      filters.push({ needles, positive: lineFilter.op.startsWith('|') });
      length++;
    }
    return { filter: new ChunkFilter(filters), length };
  }

  get isEmpty(): boolean {
    return this.#filters.length === 0;
  }

  /** Substrings that every line that passes contains. */
  get contains(): string[] {
    return this.#filters
      .filter((f) => f.positive && f.needles.length === 1 && f.needles[0]!.length > 0)
      .map((f) => Buffer.from(f.needles[0]!).toString('utf8'));
  }

  /** Clears `selected[i]` for every line of `chunk[from, to)` that does not pass. */
  apply(chunk: EntryChunk, from: number, to: number, selected: Uint8Array): void {
    const hits = new Uint8Array(to);
    for (const { needles, positive } of this.#filters) {
      hits.fill(0, from, to);
      for (const needle of needles) markHits(chunk, from, to, needle, hits);
      const want = positive ? 1 : 0;
      for (let i = from; i < to; i++) if (hits[i] !== want) selected[i] = 0;
    }
  }
}

/** Each needle is a pass over the chunk; beyond this many the lines are better tested one by one. */
const NEEDLES_MAX = 8;

function needlesOf(stage: LineFilterStage): Uint8Array[] | undefined {
  if (stage.operands.some((o) => o.ip)) return undefined;
  if (stage.op === '|=' || stage.op === '!=') return decisiveOperands(stage).map((o) => Buffer.from(o.text));
  if (stage.op === '|>' || stage.op === '!>') return undefined;
  const out: Uint8Array[] = [];
  for (const operand of decisiveOperands(stage)) {
    try {
      const { anyOf } = compileSearch(operand.text);
      if (anyOf === undefined || anyOf.length > NEEDLES_MAX) return undefined;
      for (const literal of anyOf) out.push(Buffer.from(literal));
    } catch {
      return undefined;
    }
  }
  return out;
}

function markHits(chunk: EntryChunk, from: number, to: number, needle: Uint8Array, hits: Uint8Array): void {
  if (needle.length === 0) {
    hits.fill(1, from, to);
    return;
  }
  const { lineEnds } = chunk;
  const end = to === 0 ? 0 : lineEnds[to - 1]!;
  const bytes = Buffer.from(chunk.lines.buffer, chunk.lines.byteOffset, end);
  let line = from;
  let at = from === 0 ? 0 : lineEnds[from - 1]!;
  while (at < end) {
    const hit = bytes.indexOf(needle, at);
    if (hit < 0) return;
    while (lineEnds[line]! <= hit) line++;
    if (hit + needle.length <= lineEnds[line]!) {
      hits[line] = 1;
      at = lineEnds[line]!;
      line++;
    } else {
      // The hit straddles two lines.
      at = hit + 1;
    }
  }
}
