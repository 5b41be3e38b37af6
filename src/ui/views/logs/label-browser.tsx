/** Where to begin without a query: labels, and their values with the bytes of each; a click makes a selector. */

import { quoted } from '../../../model/correlate/labels.ts';
import { logLabels, logVolume } from '../../api/loki.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatBytes } from '../../format/number.ts';
import { setParams, usePlace } from '../../location.ts';
import { Loading } from '../../parts/states.tsx';
import { useTime } from '../../time/use-time.ts';
import { NothingFound } from './nothing-found.tsx';
import { runQuery } from './query-box.tsx';
import { QueryProblem } from './query-problem.tsx';

/** The label that every stream has, and that says most. */
const FIRST_LABEL = 'service_name';
/** More values are found by typing. */
const VALUES_MAX = 200;

export function LabelBrowser() {
  const time = useTime();
  const { params } = usePlace();
  const label = params.get('label') ?? FIRST_LABEL;
  const labels = useLoad((signal) => logLabels(time, signal), [time]);
  if (labels.error) return <QueryProblem error={labels.error} query="" />;
  if (!labels.data) return <Loading />;
  if (labels.data.length === 0) return <NothingFound query="" bounds={time} />;
  const others = labels.data.filter((name) => name !== FIRST_LABEL);
  return (
    <div class="logs-browser">
      <nav aria-label="Labels" class="logs-labels">
        {[FIRST_LABEL, ...others].map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={name === label}
            onClick={() => setParams({ label: name === FIRST_LABEL ? undefined : name }, { replace: true })}
          >
            {name}
          </button>
        ))}
      </nav>
      <Values key={label} label={label} />
    </div>
  );
}

function Values({ label }: { readonly label: string }) {
  const time = useTime();
  const { data, error } = useLoad(
    (signal) => logVolume(`{${label}=~".+"}`, label, time, VALUES_MAX, signal),
    [label, time],
  );
  if (error) return <QueryProblem error={error} query="" />;
  if (!data) return <Loading />;
  const most = Math.max(1, ...data.map(({ bytes }) => bytes));
  return (
    <section class="panel logs-values" aria-label={`Values of ${label}`}>
      <p class="faint">
        {data.length === VALUES_MAX ? `The ${VALUES_MAX} largest values` : `${data.length} values`} of{' '}
        <code>{label}</code> in the range, by the size of their logs. Click one to see its lines.
      </p>
      <ul>
        {data.map(({ labels, bytes }) => {
          const value = labels[label] ?? '';
          return (
            <li key={value}>
              <button
                type="button"
                class="quiet logs-pick"
                onClick={() => runQuery(`{${label}=${quoted(value)}}`)}
              >
                <span class="logs-value">{value}</span>
                <span class="logs-bar" aria-hidden="true">
                  <i style={{ width: `${(100 * bytes) / most}%` }} />
                </span>
                <span class="logs-size">{formatBytes(bytes)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
