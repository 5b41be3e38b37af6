/** The settings that have a flag in Prometheus. */

import { flags } from '../../api/status.ts';
import { useLoad } from '../../api/use-load.ts';
import { FilterBar, useFilter } from '../../parts/filter-bar.tsx';
import { findsWords } from '../../parts/filter-words.ts';
import { Shown } from '../../parts/states.tsx';

const FILTER = { text: 'search', choice: 'only' } as const;

export function FlagsPanel({ time }: { readonly time: unknown }) {
  const loaded = useLoad(flags, [time]);
  const { words } = useFilter(FILTER);
  return (
    <Shown loaded={loaded} what="The flags cannot be had">
      {(all) => {
        const found = Object.entries(all)
          .filter((flag) => findsWords(words, { texts: flag }))
          .sort(([a], [b]) => (a < b ? -1 : 1));
        return (
          <>
            <FilterBar names={FILTER} what="Flag" choices={[]} />
            <section class="panel">
              <table class="flags">
                <thead>
                  <tr>
                    <th>Flag</th>
                    <th>Value</th>
                  </tr>
                </thead>
                <tbody>
                  {found.map(([name, value]) => (
                    <tr key={name}>
                      <td>
                        <code>--{name}</code>
                      </td>
                      <td>
                        <code>{value === '' ? '–' : value}</code>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              {found.length === 0 && <p class="nothing">No flag fits the filter.</p>}
              <p class="faint">
                These are the settings for which Prometheus has a flag; <code>trilite help</code> lists
                Trilite's own.
              </p>
            </section>
          </>
        );
      }}
    </Shown>
  );
}
