/** What tenants say and what is stored, translated into each other. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Labels } from '../../../src/model/labels.ts';
import { Matcher } from '../../../src/model/matcher.ts';
import {
  storedFamily,
  storedLabels,
  TenantView,
  tenantFamily,
  tenantMatcher,
} from '../../../src/storage/tenant/tenant-view.ts';

const APP = { app: 'x' };
const texts = (matchers: readonly Matcher[] | undefined) => matchers?.map(String);

describe('stored labels', () => {
  it('say whose they are, but for the default tenant', () => {
    assert.deepEqual(storedLabels(Labels.from(APP), 'a').toObject(), { ...APP, __tenant_id__: 'a' });
    assert.deepEqual(storedLabels(Labels.from(APP), 'fake').toObject(), APP);
  });

  it("have a client's own label under another name", () => {
    const sent = Labels.from({ ...APP, __tenant_id__: 'b' });
    const own = { ...APP, original___tenant_id__: 'b' };
    assert.deepEqual(storedLabels(sent, 'a').toObject(), { ...own, __tenant_id__: 'a' });
    assert.deepEqual(storedLabels(sent, 'fake').toObject(), own);
    for (const tenant of ['a', 'fake']) {
      const stored = storedLabels(sent, tenant);
      assert.deepEqual(new TenantView([tenant]).labels(stored).toObject(), sent.toObject());
    }
  });
});

describe('metadata of metrics', () => {
  it("is stored under a name that says whose it is, which no client's can", () => {
    for (const tenant of ['a', 'fake']) {
      assert.deepEqual(tenantFamily(storedFamily('up', tenant)!), { tenant, family: 'up' });
      assert.equal(storedFamily('a\u0001up', tenant), undefined);
    }
    assert.notEqual(storedFamily('up', 'a'), storedFamily('up', 'fake'));
  });
});

describe('one tenant', () => {
  const view = new TenantView(['a']);

  it('sees its labels as it sent them, the same object each time', () => {
    const stored = storedLabels(Labels.from(APP), 'a');
    assert.deepEqual(view.labels(stored).toObject(), APP);
    assert.equal(view.labels(stored), view.labels(stored));
    assert.deepEqual(view.names(['__tenant_id__', 'app']), ['app']);
    assert.deepEqual(view.names(['__tenant_id__', 'app', 'original___tenant_id__']), [
      '__tenant_id__',
      'app',
    ]);
  });

  it('asks of its own series, and of its own label where it names that of tenants', () => {
    const given = [new Matcher('=~', '__tenant_id__', 'b|c'), new Matcher('=', 'app', 'x')];
    assert.deepEqual(texts(view.matchers(given)), [
      'original___tenant_id__=~"b|c"',
      'app="x"',
      '__tenant_id__="a"',
    ]);
    assert.deepEqual(view.matcherSets([]).map(texts), [['__tenant_id__="a"']]);
    assert.deepEqual(texts(new TenantView(['fake']).matchers([])), ['__tenant_id__=""']);
  });
});

describe('several tenants', () => {
  const view = new TenantView(['a', 'b.c', 'fake']);

  it('see whose a series is', () => {
    const shown = (tenant: string) => view.labels(storedLabels(Labels.from(APP), tenant)).toObject();
    assert.deepEqual(shown('a'), { ...APP, __tenant_id__: 'a' });
    assert.deepEqual(shown('fake'), { ...APP, __tenant_id__: 'fake' });
    assert.deepEqual(view.names([]), ['__tenant_id__']);
  });

  it('choose among themselves by matchers', () => {
    const app = new Matcher('=', 'app', 'x');
    const chosen = (...m: Matcher[]) => texts(view.matchers([...m, app]));
    assert.deepEqual(chosen(new Matcher('=', '__tenant_id__', 'b.c')), ['app="x"', '__tenant_id__="b.c"']);
    assert.deepEqual(chosen(new Matcher('=', '__tenant_id__', 'fake')), ['app="x"', '__tenant_id__=""']);
    assert.equal(chosen(new Matcher('=', '__tenant_id__', 'other')), undefined);
    assert.equal(chosen(new Matcher('=', '__tenant_id__', '')), undefined);
    const two = [new Matcher('!=', '__tenant_id__', 'b.c'), new Matcher('=~', '__tenant_id__', '.+')];
    assert.deepEqual(chosen(...two), ['app="x"', '__tenant_id__=~"a|"']);
    assert.deepEqual(view.matcherSets([[new Matcher('=', '__tenant_id__', 'z')]]), []);
  });

  it('are told apart by their ids, not by patterns', () => {
    const matcher = tenantMatcher(['a', 'b.c', "x*()!'-y", 'fake']);
    for (const id of ['a', 'b.c', "x*()!'-y", '']) assert.ok(matcher.matches(id), id);
    for (const id of ['bxc', 'fake', 'x', "x()!'-y"]) assert.ok(!matcher.matches(id), id);
    assert.equal(matcher.literals?.length, 4);
  });
});
