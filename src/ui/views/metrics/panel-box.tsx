/** One panel: the query, what is done with it, and its answer as a graph, a table or explained. */

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { getJson } from '../../api/http.ts';
import { Editor } from '../../editor/editor.tsx';
import { queryLanguage } from '../../editor/query-tokens.ts';
import { refresh, useTime } from '../../time/use-time.ts';
import { ExplainTab } from './explain-tab.tsx';
import { Explorer } from './explorer.tsx';
import { GraphTab } from './graph-tab.tsx';
import { HistoryList } from './history-list.tsx';
import { metricSource } from './metric-source.ts';
import type { Panel, Tab } from './panels.ts';
import { promqlCompleter } from './promql-completion.ts';
import { AGGREGATIONS, FUNCTIONS, KEYWORDS } from './promql-words.ts';
import { rememberQuery } from './query-history.ts';
import { QueryProblem } from './query-problem.tsx';
import { TableTab } from './table-tab.tsx';

const LANGUAGE = queryLanguage({
  keywords: KEYWORDS,
  functions: [...FUNCTIONS, ...AGGREGATIONS].map(({ name }) => name),
});

export interface PanelProps {
  readonly index: number;
  readonly panel: Panel;
  readonly isOnly: boolean;
  onChange(changes: Partial<Panel>, isToggle: boolean): void;
  onCopy(): void;
  onRemove(): void;
}

type Drawer = 'metrics' | 'history';

export function PanelBox(props: PanelProps) {
  const { index, panel, onChange } = props;
  const [text, setText] = useState(panel.expr);
  const [drawer, setDrawer] = useState<Drawer>();
  const [formatFault, setFormatFault] = useState<Error>();
  useEffect(() => setText(panel.expr), [panel.expr]);
  const run = (expr: string) => {
    const query = expr.trim();
    setText(query);
    setDrawer(undefined);
    setFormatFault(undefined);
    rememberQuery(query);
    if (query === panel.expr) refresh();
    else onChange({ expr: query }, false);
  };
  const format = async () => {
    try {
      const { data } = await getJson<{ data: string }>('/api/v1/format_query', { query: text });
      setText(data);
      setFormatFault(undefined);
    } catch (error) {
      setFormatFault(error as Error);
    }
  };
  const toggle = (which: Drawer) => setDrawer(drawer === which ? undefined : which);
  return (
    <section class="panel metrics-panel" data-panel={index} aria-label={`Panel ${index + 1}`}>
      <div class="query-bar">
        <QueryEditor label={`PromQL query ${index + 1}`} text={text} onChange={setText} onRun={run} />
        <button type="button" class="primary" onClick={() => run(text)}>
          Run
        </button>
      </div>
      <div class="row query-tools">
        <button type="button" aria-expanded={drawer === 'metrics'} onClick={() => toggle('metrics')}>
          Metrics
        </button>
        <button type="button" aria-expanded={drawer === 'history'} onClick={() => toggle('history')}>
          History
        </button>
        <button type="button" disabled={text.trim() === ''} onClick={format}>
          Format
        </button>
        <span class="grow" />
        <PanelButtons {...props} />
      </div>
      {formatFault && <QueryProblem error={formatFault} expr={text} />}
      {drawer === 'history' && <HistoryList onChoose={run} />}
      {drawer === 'metrics' && <Explorer onChoose={run} />}
      {!panel.isClosed &&
        (panel.expr === '' ? drawer === undefined && <Start onChoose={run} /> : <Answer {...props} />)}
    </section>
  );
}

function QueryEditor(props: {
  readonly label: string;
  readonly text: string;
  onChange(text: string): void;
  onRun(text: string): void;
}) {
  const { label, text, onChange, onRun } = props;
  const time = useTime();
  const latest = useRef(time);
  latest.current = time;
  const complete = useMemo(() => promqlCompleter(metricSource(() => latest.current)), []);
  return (
    <Editor
      label={label}
      value={text}
      placeholder="A metric, or PromQL: rate(http_requests_total[5m])"
      language={LANGUAGE}
      complete={complete}
      onChange={onChange}
      onRun={onRun}
    />
  );
}

function PanelButtons({ panel, isOnly, onChange, onCopy, onRemove }: PanelProps) {
  const { isClosed } = panel;
  return (
    <>
      <button
        type="button"
        class="quiet"
        aria-expanded={!isClosed}
        onClick={() => onChange({ isClosed: !isClosed }, true)}
      >
        {isClosed ? 'Expand' : 'Collapse'}
      </button>
      <button type="button" class="quiet" onClick={onCopy}>
        Duplicate
      </button>
      {!isOnly && (
        <button type="button" class="quiet" onClick={onRemove}>
          Remove
        </button>
      )}
    </>
  );
}

const TABS: readonly (readonly [tab: Tab, name: string])[] = [
  ['graph', 'Graph'],
  ['table', 'Table'],
  ['explain', 'Explain'],
];

function Answer({ index, panel, onChange }: PanelProps) {
  const Shown = { graph: GraphTab, table: TableTab, explain: ExplainTab }[panel.tab];
  const id = (what: string) => `panel-${index}-${what}`;
  return (
    <>
      <div class="tabs metrics-tabs" role="tablist">
        {TABS.map(([tab, name]) => (
          <button
            key={tab}
            id={id(tab)}
            type="button"
            role="tab"
            aria-selected={tab === panel.tab}
            aria-controls={id('answer')}
            onClick={() => onChange({ tab }, true)}
          >
            {name}
          </button>
        ))}
      </div>
      <div id={id('answer')} role="tabpanel" aria-labelledby={id(panel.tab)}>
        <Shown panel={panel} onChange={(changes) => onChange(changes, true)} />
      </div>
    </>
  );
}

/** Before there is a query: what there is to ask for. */
function Start({ onChoose }: { onChoose(expr: string): void }) {
  return (
    <div class="start">
      <Explorer onChoose={onChoose} isStart />
    </div>
  );
}
