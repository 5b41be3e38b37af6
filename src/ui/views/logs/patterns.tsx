/** What the lines of the query's streams look like: templates, how often each came and when; a click keeps or drops its lines. */

import { logPatterns } from '../../api/loki.ts';
import type { LogPattern } from '../../api/loki-data.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCount } from '../../format/number.ts';
import { setParams } from '../../location.ts';
import { Empty, Shown } from '../../parts/states.tsx';
import { useCapped } from '../../parts/use-capped.tsx';
import { type Bounds, stepFor } from '../../time/range.ts';
import { LEVELS, levelNamed } from './log-level.ts';
import { selectorOf, withLineFilter } from './logql-edit.ts';
import { Sparkline } from './sparkline.tsx';

/** Bars of a row. */
const BARS_MAX = 50;
/** More are shown on demand. */
const SHOWN = 50;
/** The server counts no finer. */
const STEP_LEAST_MS = 10_000;

export function Patterns({ query, bounds }: { readonly query: string; readonly bounds: Bounds }) {
  const stepMs = Math.max(STEP_LEAST_MS, stepFor(bounds, BARS_MAX));
  const selector = selectorOf(query) ?? query;
  const loaded = useLoad((signal) => logPatterns(selector, bounds, stepMs, signal), [selector, bounds]);
  return (
    <Shown loaded={loaded} what="Patterns cannot be had">
      {(patterns) =>
        patterns.length === 0 ? (
          <Empty title="No patterns">
            <p>The streams have no lines in the range, or none that are alike.</p>
          </Empty>
        ) : (
          <PatternTable patterns={patterns} query={query} bounds={bounds} stepMs={stepMs} />
        )
      }
    </Shown>
  );
}

function PatternTable(props: {
  readonly patterns: readonly LogPattern[];
  readonly query: string;
  readonly bounds: Bounds;
  readonly stepMs: number;
}) {
  const { patterns, query, bounds, stepMs } = props;
  const counted = patterns
    .map((one) => ({ ...one, total: one.samples.reduce((sum, [, count]) => sum + count, 0) }))
    .toSorted((a, b) => b.total - a.total);
  const all = counted.reduce((sum, { total }) => sum + total, 0);
  const { shown, more } = useCapped(counted, SHOWN, 'patterns');
  const filter = (op: '|>' | '!>', pattern: string) =>
    setParams({ q: withLineFilter(query, op, pattern), tab: undefined });
  return (
    <div class="scroll">
      <p class="faint">Of all lines of the query's streams in the range, whatever its filters.</p>
      <table class="logs-patterns">
        <thead>
          <tr>
            <th class="number">Lines</th>
            <th class="number" title="Of the lines that have a pattern">
              Share
            </th>
            <th>Over time</th>
            <th>Pattern</th>
            <th>
              <span class="logs-unseen">Filters</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ pattern, level, samples, total }) => (
            <tr key={`${level} ${pattern}`}>
              <td class="number">{formatCount(total)}</td>
              <td class="number">{((100 * total) / all).toFixed(1)} %</td>
              <td>
                <Sparkline
                  samples={samples}
                  bounds={bounds}
                  stepMs={stepMs}
                  colour={LEVELS[levelNamed(level ?? '')].colour}
                />
              </td>
              <td class="logs-pattern">
                <Template pattern={pattern} />
              </td>
              <td class="logs-choose">
                <button type="button" onClick={() => filter('|>', pattern)}>
                  Filter
                </button>{' '}
                <button type="button" onClick={() => filter('!>', pattern)}>
                  Exclude
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more}
    </div>
  );
}

/** What differs from line to line stands back. */
function Template({ pattern }: { readonly pattern: string }) {
  return <code>{pattern.split(/(<_>)/).map((piece) => (piece === '<_>' ? <i>&lt;_&gt;</i> : piece))}</code>;
}
