/** Whose data is shown, where the server tells tenants apart: it says so by refusing what names none. */

import { useEffect, useState } from 'preact/hooks';
import { ApiError, getJson, tenant } from '../api/http.ts';
import { useStore } from '../store.ts';

export function TenantBox() {
  const [isNeeded, setNeeded] = useState(false);
  const who = useStore(tenant);
  useEffect(() => {
    getJson('/loki/api/v1/labels', { limit: 1 }).catch((error) =>
      setNeeded(error instanceof ApiError && error.status === 401),
    );
  }, []);
  if (!isNeeded && who === undefined) return null;
  return (
    <label class="tenant">
      Tenant
      <input
        value={who ?? ''}
        onChange={(event) => tenant.set(event.currentTarget.value.trim() || undefined)}
      />
    </label>
  );
}
