/**
 * The queries of delete requests over chunks of entries, for storage (`LoadEntryPredicates`): an entry is selected when
 * the pipeline lets it pass, as it is in a query.
 */

import type { EntryPredicate } from '../../storage/interface.ts';
import type { LogExpr, Stage } from '../lang/logql/ast.ts';
import { parseUncheckedSelector } from '../lang/logql/parser.ts';
import { ParserHints } from './hints.ts';
import { LineState } from './line-state.ts';
import { Pipeline } from './pipeline.ts';
import { beginEntry } from './scan.ts';

/** Throws `TriliteError` (`bad_data`) where the text is no selector with stages, or a stage cannot be built. */
export function compileEntryPredicate(query: string): EntryPredicate {
  const pipeline = pipelineOf(parseUncheckedSelector(query));
  const state = new LineState();
  return (stream, chunk, from, to, hits) => {
    const passed = new Uint8Array(to).fill(1, from);
    if (!pipeline.filter.isEmpty) pipeline.filter.apply(chunk, from, to, passed);
    for (let i = from; i < to; i++) {
      if (passed[i] === 0) continue;
      if (!pipeline.isEmpty) {
        beginEntry(state, stream, chunk, i);
        if (!pipeline.run(state)) continue;
      }
      hits[i] = 1;
    }
  };
}

/** What a query to delete by asks for. Throws as `compileEntryPredicate` does. */
export function parseDeletion(query: string): { matchers: LogExpr['matchers']; filtered: boolean } {
  const expr = parseUncheckedSelector(query);
  pipelineOf(expr);
  return { matchers: expr.matchers, filtered: expr.stages.some(isFilter) };
}

function pipelineOf(expr: LogExpr): Pipeline {
  return new Pipeline(expr.stages, ParserHints.ALL);
}

/** Whether a stage may drop lines. A filter for the empty text lets all of them pass. */
function isFilter(stage: Stage): boolean {
  if (stage.kind === 'label-filter') return true;
  if (stage.kind !== 'line-filter') return false;
  const positive = stage.op === '|=' || stage.op === '|~';
  return !positive || stage.operands.some((o) => o.ip || o.text !== '');
}
