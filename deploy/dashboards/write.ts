/** `npm run dashboards`: writes `deploy/grafana/dashboards/*.json`, and takes away what is no dashboard any more. */

import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DASHBOARDS, dashboardText } from './all.ts';

const FOLDER = path.join(import.meta.dirname, '../grafana/dashboards');

for (const name of readdirSync(FOLDER)) {
  if (name.endsWith('.json')) rmSync(path.join(FOLDER, name));
}
for (const dashboard of DASHBOARDS) {
  writeFileSync(path.join(FOLDER, `${dashboard.uid}.json`), dashboardText(dashboard));
}
