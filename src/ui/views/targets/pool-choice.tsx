/** Which pool is shown; all of them without a choice. */

import { setParams, usePlace } from '../../location.ts';
import type { Pool } from './pools.ts';

export function PoolChoice({ pools }: { readonly pools: readonly Pool[] }) {
  const { params } = usePlace();
  if (pools.length < 2) return null;
  const choose = (name: string) =>
    setParams({ pool: name || undefined, scrapePool: undefined }, { replace: true });
  return (
    <select
      aria-label="Pool"
      value={params.get('pool') ?? params.get('scrapePool') ?? ''}
      onChange={(event) => choose(event.currentTarget.value)}
    >
      <option value="">All pools</option>
      {pools.map(({ name }) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}
