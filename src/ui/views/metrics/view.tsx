/** PromQL's explorer: panels of a query each, as Prometheus' page has them, and at the same addresses. */

import { useEffect, useState } from 'preact/hooks';
import { go, place, setParams, usePlace } from '../../location.ts';
import { type KeyAction, useKeys } from '../../shell/keys.ts';
import { PanelBox } from './panel-box.tsx';
import { NEW_PANEL, type Panel, panelsOf, rangeOfPanels, type Tab, withPanels } from './panels.ts';

const KEYS: readonly KeyAction[] = [
  { keys: 'e', what: 'Type into the query', run: focusEditor },
  { keys: '1', what: 'Graph', run: () => setTab('graph') },
  { keys: '2', what: 'Table', run: () => setTab('table') },
  { keys: '3', what: 'Explain the query', run: () => setTab('explain') },
  { keys: 'n', what: 'Add a panel', run: () => addPanel() },
];

export function MetricsView() {
  const { params } = usePlace();
  const [isTranslated] = useState(translateRange);
  useKeys(KEYS);
  // Links to another range may come while the view is open.
  useEffect(() => {
    translateRange();
  }, [params]);
  const panels = panelsOf(params);
  return (
    <>
      <h1 class="metrics-title">Metrics</h1>
      {isTranslated &&
        panels.map((panel, i) => (
          <PanelBox
            key={i}
            index={i}
            panel={panel}
            isOnly={panels.length === 1}
            onChange={(changes, isToggle) => changePanel(i, changes, isToggle)}
            onCopy={() => setPanels(panels.toSpliced(i + 1, 0, panel))}
            onRemove={() => setPanels(panels.toSpliced(i, 1))}
          />
        ))}
      <button type="button" onClick={addPanel}>
        Add panel
      </button>
    </>
  );
}

/** What Prometheus' parameters say about time becomes the range of the page, before anything is asked for. */
function translateRange(): true {
  const { params } = place();
  const range = rangeOfPanels(params);
  if (range) {
    setPanels(panelsOf(params), true);
    setParams({ from: range.from, to: range.to }, { replace: true });
  }
  return true;
}

function setPanels(panels: readonly Panel[], replace = false): void {
  const { path, params } = place();
  go(path, withPanels(params, panels), { replace });
}

/** `isToggle`: another look at the same query, which is no step back in the browser's history. */
function changePanel(index: number, changes: Partial<Panel>, isToggle: boolean): void {
  const panels = panelsOf(place().params);
  setPanels(panels.with(index, { ...panels[index]!, ...changes }), isToggle);
}

function addPanel(): void {
  setPanels([...panelsOf(place().params), NEW_PANEL]);
}

/** Of the panel that the keyboard is in; else of the first one. */
function here(): number {
  const panel = document.activeElement?.closest<HTMLElement>('[data-panel]');
  return Number(panel?.dataset.panel ?? 0);
}

function setTab(tab: Tab): void {
  changePanel(here(), { tab }, true);
}

function focusEditor(): void {
  document.querySelector<HTMLElement>(`[data-panel="${here()}"] textarea`)?.focus();
}
