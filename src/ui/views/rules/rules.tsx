/** Rule groups, of metrics and of logs: what they evaluate, how often, how long it took and whether it went well. */

import { useState } from 'preact/hooks';
import { formatDuration } from '../../../model/duration.ts';
import type { Rule } from '../../api/status-answers.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatNanoseconds } from '../../format/number.ts';
import { formatAgo, formatMoment } from '../../format/time.ts';
import { setParams, usePlace } from '../../location.ts';
import { Annotations } from '../../parts/annotations.tsx';
import { FilterBar, useFilter } from '../../parts/filter-bar.tsx';
import { LabelList } from '../../parts/label-list.tsx';
import { Shown } from '../../parts/states.tsx';
import { useCapped } from '../../parts/use-capped.tsx';
import { now } from '../../time/now.ts';
import { useTime } from '../../time/use-time.ts';
import { Expression } from './expression.tsx';
import { countHealth, filterGroups, type OwnedGroup } from './groups.ts';
import { loadGroups } from './load-groups.ts';
import { NoRules } from './no-rules.tsx';

const FILTER = { text: 'search', choice: 'health' } as const;
/** Groups are asked for this many at a time; with a filter all are. */
const GROUPS_STEP = 50;
const RULES_STEP = 50;
const HEALTH_BADGES: Readonly<Record<Rule['health'], string>> = { ok: 'good', err: 'bad', unknown: '' };

export function RulesView() {
  const { params } = usePlace();
  const time = useTime();
  const { words, chosen } = useFilter(FILTER);
  const [groupsMax, setGroupsMax] = useState(GROUPS_STEP);
  const type = typeOf(params.get('type'));
  const wantsAll = words !== '' || chosen.length > 0;
  const loaded = useLoad(
    (signal) => loadGroups({ type, withAlerts: false, ...(wantsAll ? {} : { limit: groupsMax }) }, signal),
    [type, time, wantsAll, groupsMax],
  );
  return (
    <>
      <header class="view-head">
        <h1>Rules</h1>
      </header>
      <Shown loaded={loaded} what="The rules cannot be had">
        {({ groups, hasMore }) => (
          <>
            <RulesFilter groups={groups} type={type} isWhole={!hasMore} />
            <GroupList
              groups={filterGroups(groups, words, chosen)}
              isFiltered={wantsAll || type !== undefined}
            />
            {hasMore && (
              <p class="more">
                <button type="button" onClick={() => setGroupsMax(groupsMax + GROUPS_STEP)}>
                  Show {GROUPS_STEP} more groups
                </button>
              </p>
            )}
          </>
        )}
      </Shown>
    </>
  );
}

function typeOf(text: string | null): 'alert' | 'record' | undefined {
  return text === 'alert' || text === 'record' ? text : undefined;
}

function RulesFilter(props: {
  readonly groups: readonly OwnedGroup[];
  readonly type: string | undefined;
  /** Whether the groups are all there are, so that counts say something. */
  readonly isWhole: boolean;
}) {
  const { groups, type, isWhole } = props;
  const counts = countHealth(groups);
  const choice = (value: Rule['health'], name: string) => ({
    value,
    name,
    count: isWhole ? counts[value] : undefined,
  });
  return (
    <FilterBar
      names={FILTER}
      what="Rule, expression, label or file"
      choices={[choice('err', 'failing'), choice('unknown', 'not yet run'), choice('ok', 'ok')]}
    >
      <select
        aria-label="Kind of rule"
        value={type ?? ''}
        onChange={(event) => setParams({ type: event.currentTarget.value || undefined }, { replace: true })}
      >
        <option value="">All kinds</option>
        <option value="alert">Alerting</option>
        <option value="record">Recording</option>
      </select>
    </FilterBar>
  );
}

function GroupList({
  groups,
  isFiltered,
}: {
  readonly groups: readonly OwnedGroup[];
  readonly isFiltered: boolean;
}) {
  if (groups.length === 0)
    return isFiltered ? <p class="nothing">No rule fits the filter.</p> : <NoRules what="rules" />;
  return (
    <>
      {groups.map((group) => (
        <GroupPanel key={`${group.language} ${group.file} ${group.name}`} group={group} />
      ))}
    </>
  );
}

function GroupPanel({ group }: { readonly group: OwnedGroup }) {
  const { name, file, rules, interval, evaluationTime, lastEvaluation, language } = group;
  const { shown, more } = useCapped(rules, RULES_STEP, 'rules');
  const lastMs = Date.parse(lastEvaluation);
  return (
    <section class="panel rule-group">
      <header class="group-head">
        <h2>{name}</h2>
        <span class="badge">{language === 'promql' ? 'metrics' : 'logs'}</span>
        <span class="faint group-file">{file}</span>
        <span class="faint">
          every {formatDuration(interval * 1000)}
          {lastMs > 0 && (
            <span title={formatMoment(lastMs)}>
              , last {formatAgo(lastMs, now())}, took {formatNanoseconds(evaluationTime * 1e9)}
            </span>
          )}
        </span>
      </header>
      <ul class="rule-list">
        {shown.map((rule, i) => (
          // Rules of one name may differ in nothing but their place.
          <RuleRow key={`${rule.name} ${i}`} rule={rule} language={language} />
        ))}
      </ul>
      {more}
    </section>
  );
}

function RuleRow({ rule, language }: { readonly rule: Rule; readonly language: OwnedGroup['language'] }) {
  const { name, query, health, lastError, labels, evaluationTime, lastEvaluation, type } = rule;
  const lastMs = Date.parse(lastEvaluation);
  return (
    <li class="rule">
      <div class="rule-head">
        <b>{name}</b>
        <span class="badge">{type === 'alerting' ? 'alert' : 'record'}</span>
        <span class={`badge ${HEALTH_BADGES[health]}`}>{health === 'err' ? 'failing' : health}</span>
        {type === 'alerting' && <Durations rule={rule} />}
        <span class="faint rule-time" title={lastMs > 0 ? formatMoment(lastMs) : undefined}>
          {lastMs > 0
            ? `${formatAgo(lastMs, now())}, took ${formatNanoseconds(evaluationTime * 1e9)}`
            : 'not yet run'}
        </span>
      </div>
      <Expression query={query} language={language} />
      {lastError && <pre class="fault">{lastError}</pre>}
      {Object.keys(labels).length > 0 && <LabelList labels={labels} />}
      {type === 'alerting' && <Annotations annotations={rule.annotations} />}
    </li>
  );
}

function Durations({ rule }: { readonly rule: Extract<Rule, { type: 'alerting' }> }) {
  const { duration, keepFiringFor } = rule;
  return (
    <span class="faint">
      {duration > 0 && `for ${formatDuration(duration * 1000)}`}
      {keepFiringFor > 0 && ` keeps firing for ${formatDuration(keepFiringFor * 1000)}`}
    </span>
  );
}
