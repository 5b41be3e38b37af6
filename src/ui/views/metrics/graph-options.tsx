/** How the graph shows the answer: everything here is in the address. */

import { useEffect, useState } from 'preact/hooks';
import type { TabProps } from './graph-tab.tsx';
import type { Density, DisplayMode } from './panels.ts';
import { formatStep, parseStep } from './step-text.ts';

const MODES: readonly (readonly [mode: DisplayMode, name: string])[] = [
  ['lines', 'Lines'],
  ['stacked', 'Stacked'],
  ['heatmap', 'Heatmap'],
];

export function GraphOptions({ panel, onChange }: TabProps) {
  const { mode, yMin, isLogarithmic, showsExemplars } = panel;
  return (
    <>
      <fieldset class="button-group" aria-label="Drawn as">
        {MODES.map(([one, name]) => (
          <button key={one} type="button" aria-pressed={mode === one} onClick={() => onChange({ mode: one })}>
            {name}
          </button>
        ))}
      </fieldset>
      {mode === 'lines' && (
        <label>
          Y axis{' '}
          <select
            value={isLogarithmic ? 'log' : yMin === undefined ? 'auto' : 'zero'}
            onChange={(event) => {
              const chosen = event.currentTarget.value;
              onChange({ isLogarithmic: chosen === 'log', yMin: chosen === 'zero' ? 0 : undefined });
            }}
          >
            <option value="auto">by values</option>
            <option value="zero">from {yMin ?? 0}</option>
            <option value="log">logarithmic</option>
          </select>
        </label>
      )}
      <Resolution panel={panel} onChange={onChange} />
      <label class="check">
        <input
          type="checkbox"
          checked={showsExemplars}
          onChange={(event) => onChange({ showsExemplars: event.currentTarget.checked })}
        />
        Exemplars
      </label>
    </>
  );
}

const DENSITIES: readonly (readonly [density: Density, name: string])[] = [
  ['low', 'coarse'],
  ['medium', 'auto'],
  ['high', 'fine'],
];
const FIXED = 'fixed';
/** What a fixed width begins with. */
const FIRST_STEP_MS = 15_000;

function Resolution({ panel: { resolution }, onChange }: TabProps) {
  const isFixed = typeof resolution === 'number';
  const choose = (chosen: string) =>
    onChange({ resolution: chosen === FIXED ? FIRST_STEP_MS : (chosen as Density) });
  return (
    <>
      <label>
        Step{' '}
        <select value={isFixed ? FIXED : resolution} onChange={(event) => choose(event.currentTarget.value)}>
          {DENSITIES.map(([density, name]) => (
            <option key={density} value={density}>
              {name}
            </option>
          ))}
          <option value={FIXED}>fixed</option>
        </select>
      </label>
      {isFixed && <StepInput stepMs={resolution} onChange={(stepMs) => onChange({ resolution: stepMs })} />}
    </>
  );
}

/** What is being typed stays, also when an answer comes meanwhile. */
function StepInput({ stepMs, onChange }: { readonly stepMs: number; onChange(stepMs: number): void }) {
  const [text, setText] = useState(formatStep(stepMs));
  useEffect(() => setText(formatStep(stepMs)), [stepMs]);
  const typed = parseStep(text);
  return (
    <input
      class={typed === undefined ? 'step-input is-wrong' : 'step-input'}
      aria-label="Width of a step"
      aria-invalid={typed === undefined}
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
      onChange={() => typed !== undefined && onChange(typed)}
    />
  );
}
