/** The form of the dashboards: what Grafana and readers need of every one, and that the files are what the sources make. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { DASHBOARDS, dashboardText } from '../../deploy/dashboards/all.ts';
import type { Panel } from '../../deploy/dashboards/json-model.ts';
import { DEPLOY } from './compose-file.ts';
import { readDatasources } from './datasource-file.ts';

const FOLDER = path.join(DEPLOY, 'grafana/dashboards');
const DATASOURCES = readDatasources(path.join(DEPLOY, 'grafana/provisioning/datasources/trilite.yaml'));
const COLUMNS = 24;
/** They show text, or graphs that their data source gives units. */
const WITHOUT_UNIT = new Set(['logs', 'nodeGraph']);
const PANEL_TYPES = ['timeseries', 'stat', 'gauge', 'bargauge', 'heatmap', 'table', 'logs', 'nodeGraph'];
/** Grafana's own, as `$__interval` and `${__field…}`. */
const OWN_VARIABLE = /^__/;

describe('dashboards', () => {
  it('are the files that `npm run dashboards` writes', () => {
    const files = readdirSync(FOLDER).sort();
    assert.deepEqual(files, DASHBOARDS.map(({ uid }) => `${uid}.json`).sort());
    for (const dashboard of DASHBOARDS) {
      const text = readFileSync(path.join(FOLDER, `${dashboard.uid}.json`), 'utf8');
      assert.ok(text === dashboardText(dashboard), `${dashboard.uid}.json is stale: npm run dashboards`);
    }
  });

  it('have uids and titles of their own, and stand in the folder once', () => {
    for (const key of ['uid', 'title'] as const) {
      const values = DASHBOARDS.map((d) => d[key]);
      assert.equal(new Set(values).size, values.length, key);
    }
    for (const { uid } of DASHBOARDS) assert.match(uid, /^[a-z-]{1,40}$/);
  });
});

/** Every text in a value. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

function overlap(a: Panel['gridPos'], b: Panel['gridPos']): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

for (const dashboard of DASHBOARDS) {
  const panels = dashboard.panels.filter((panel): panel is Panel => panel.type !== 'row');
  const datasourceOf = ({ uid, type }: { uid: string; type: string }) =>
    DATASOURCES.find((d) => d.uid === uid && d.type === type);

  describe(dashboard.title, () => {
    it('says what it is, refreshes, and leads to the others', () => {
      assert.ok(dashboard.description.length > 20);
      assert.match(dashboard.refresh, /^\d+s$/);
      const [link] = dashboard.links as readonly Record<string, unknown>[];
      assert.equal(link!.keepTime, true);
      assert.equal(link!.includeVars, true);
      assert.deepEqual(link!.tags, dashboard.tags);
    });

    it('begins with a row, and has panels under every row', () => {
      const types = dashboard.panels.map(({ type }) => type);
      assert.equal(types[0], 'row');
      assert.notEqual(types.at(-1), 'row');
      types.forEach((type, i) => {
        if (type === 'row') assert.notEqual(types[i + 1], 'row');
      });
    });

    it('numbers its panels, and none lies on another', () => {
      const ids = dashboard.panels.map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length);
      const places = dashboard.panels.map(({ gridPos }) => gridPos);
      for (const [i, place] of places.entries()) {
        assert.ok(place.x >= 0 && place.y >= 0 && place.w > 0 && place.h > 0);
        assert.ok(place.x + place.w <= COLUMNS);
        for (const other of places.slice(i + 1))
          assert.ok(!overlap(place, other), JSON.stringify([place, other]));
      }
    });

    it('gives every panel a title, a description, a unit and queries with names', () => {
      for (const { type, title, description, fieldConfig, targets, options } of panels) {
        assert.ok(PANEL_TYPES.includes(type), type);
        assert.ok(title.length > 1);
        assert.ok(description.length >= 10 && description.endsWith('.'), `${title}: ${description}`);
        const isOfTraces = targets.every((t) => t.queryType === 'traceql' && t.tableType === 'traces');
        if (!WITHOUT_UNIT.has(type) && !isOfTraces)
          assert.ok(fieldConfig.defaults.unit, `${title} has no unit`);
        if (type === 'heatmap') assert.ok((options.yAxis as { unit?: string }).unit);
        assert.ok(targets.length > 0);
        const names = targets.map(({ refId }) => refId);
        assert.equal(new Set(names).size, names.length);
        for (const { expr, query, queryType } of targets) {
          assert.ok(queryType === 'serviceMap' || typeof (expr ?? query) === 'string', title);
        }
      }
    });

    it('tells series of a chart apart', () => {
      for (const { type, title, targets } of panels) {
        if (!['timeseries', 'stat', 'gauge', 'bargauge'].includes(type)) continue;
        for (const target of targets) {
          if (target.datasource.uid === 'tempo') continue;
          assert.ok((target.legendFormat as string).length > 0, title);
          const by =
            /^(?:\(|topk\(\d+, )?sum by \(([^)]+)\)/.exec(target.expr as string)?.[1]?.split(', ') ?? [];
          for (const label of by.filter((l) => l !== 'le' && l !== '')) {
            assert.ok((target.legendFormat as string).includes(`{{${label}}}`), `${title}: ${label}`);
          }
        }
      }
    });

    it('asks data sources that are provisioned, each panel one', () => {
      for (const { title, datasource, targets, fieldConfig } of panels) {
        assert.ok(datasourceOf(datasource) !== undefined, `${title}: ${datasource.uid}`);
        for (const target of targets) assert.deepEqual(target.datasource, datasource, title);
        for (const { internal } of fieldConfig.defaults.links ?? []) {
          const target = DATASOURCES.find(({ uid }) => uid === internal.datasourceUid);
          assert.equal(target?.name, internal.datasourceName, title);
        }
      }
      for (const { name, type, datasource } of dashboard.templating.list) {
        if (type === 'query') assert.ok(datasourceOf(datasource as Panel['datasource']) !== undefined, name);
      }
      for (const { name, datasource } of dashboard.annotations.list) {
        assert.ok(datasource.type === 'grafana' || datasourceOf(datasource) !== undefined, name);
      }
    });

    it('uses the variables that it has, and all of them', () => {
      const has = dashboard.templating.list.map(({ name }) => name);
      assert.equal(new Set(has).size, has.length);
      const texts = textsIn([dashboard.panels, dashboard.annotations.list]);
      const used = new Set(
        texts.flatMap((text) => [...text.matchAll(/\$(?:\{(\w+)|(\w+))/g)].map((m) => (m[1] ?? m[2])!)),
      );
      for (const row of dashboard.panels)
        if ('repeat' in row && row.repeat !== undefined) used.add(row.repeat);
      for (const name of used) assert.ok(OWN_VARIABLE.test(name) || has.includes(name), `$${name}`);
      // What the annotations of several dashboards use is not enough.
      const inPanels = textsIn(dashboard.panels).join('\n');
      for (const name of has) assert.match(inPanels, new RegExp(`\\$\\{?${name}\\b`), `$${name} is not used`);
    });

    it('rates over the interval that Grafana gives', () => {
      for (const { title, targets } of panels) {
        for (const { expr, datasource } of targets) {
          if (datasource.uid !== 'prometheus') continue;
          for (const [, window] of (expr as string).matchAll(/\b(?:rate|irate)\([^[\]]*\[([^\]]+)\]/g)) {
            assert.equal(window, '$__rate_interval', title);
          }
        }
      }
    });
  });
}
