/** Looking for traces: a query and a form that say the same, and what they find; queries that make numbers become a graph. */

import { useEffect, useMemo, useState } from 'preact/hooks';
import { tagScopes, tagValues } from '../../api/tempo.ts';
import { Editor } from '../../editor/editor.tsx';
import { queryLanguage } from '../../editor/query-tokens.ts';
import { go, setParams, usePlace } from '../../location.ts';
import { Loading } from '../../parts/states.tsx';
import type { Bounds } from '../../time/range.ts';
import { refresh, useTime } from '../../time/use-time.ts';
import { ownAddress } from './jaeger-address.ts';
import { SearchForm } from './search-form.tsx';
import { OfLines, SearchResults } from './search-results.tsx';
import { TraceNumbers } from './trace-numbers.tsx';
import { type KnownTags, traceqlCompleter } from './traceql-completion.ts';
import { FUNCTIONS, isMetricsQuery, KEYWORDS } from './traceql-words.ts';

/** Without a query: the newest traces. */
const ALL_TRACES = '{}';

const LANGUAGE = queryLanguage({ keywords: KEYWORDS, functions: FUNCTIONS });

export function SearchView() {
  const { params } = usePlace();
  const jaeger = ownAddress(params);
  useEffect(() => {
    if (jaeger) go(jaeger.path, jaeger.params, { replace: true });
  }, [params]);
  return jaeger ? <Loading /> : <Search q={params.get('q') ?? ''} logql={params.get('logql') ?? ''} />;
}

function Search({ q, logql }: { readonly q: string; readonly logql: string }) {
  const time = useTime();
  const [draft, setDraft] = useState(q);
  useEffect(() => setDraft(q), [q]);
  const complete = useMemo(() => traceqlCompleter(knownTags(time)), [time]);
  const run = (text: string) => {
    const next = text.trim();
    if (next === q) refresh();
    else setParams({ q: next || undefined, limit: undefined });
  };
  const asked = q || ALL_TRACES;
  return (
    <>
      <section class="panel search-panel">
        <div class="row search-row">
          <div class="grow">
            <Editor
              value={draft}
              label="TraceQL query"
              placeholder="{ status = error && duration > 500ms }"
              language={LANGUAGE}
              complete={complete}
              onChange={setDraft}
              onRun={run}
            />
          </div>
          <button type="button" class="primary" onClick={() => run(draft)}>
            Search
          </button>
        </div>
        <SearchForm draft={draft} bounds={time} onChange={setDraft} onRun={run} />
      </section>
      {logql !== '' && <OfLines logql={logql} />}
      {isMetricsQuery(asked) ? <TraceNumbers q={asked} /> : <SearchResults q={asked} logql={logql} />}
    </>
  );
}

/** Names are asked for once while the range stands. */
function knownTags({ startMs, endMs }: Bounds): KnownTags {
  const bounds = { startMs, endMs };
  let scopes: ReturnType<typeof tagScopes> | undefined;
  const values = new Map<string, ReturnType<typeof tagValues>>();
  return {
    scopes: () => {
      scopes ??= tagScopes(bounds);
      scopes.catch(() => {
        scopes = undefined;
      });
      return scopes;
    },
    values: (tag, q) => {
      const key = `${tag}\0${q}`;
      const asked = values.get(key) ?? tagValues(tag, { q, bounds });
      values.set(key, asked);
      asked.catch(() => values.delete(key));
      return asked;
    },
  };
}
