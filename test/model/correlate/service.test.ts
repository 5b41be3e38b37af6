/** The rule that joins signals: which service a label set belongs to, and how it is called elsewhere. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { labelsText } from '../../../src/model/correlate/labels.ts';
import {
  escaped,
  SERVICE_LABELS,
  serviceOf,
  serviceSelectors,
  serviceSpans,
} from '../../../src/model/correlate/service.ts';
import { compileAnchored } from '../../../src/model/regex.ts';

test('the most telling label names the service', () => {
  assert.equal(serviceOf({ job: 'api', service_name: 'shop', container: 'c' }), 'shop');
  assert.equal(serviceOf({ 'service.name': 'shop', app: 'a' }), 'shop');
  assert.equal(serviceOf({ app: '', container: 'web' }), 'web');
  assert.equal(serviceOf({ instance: 'a:1' }), undefined);
});

test("a job of OTLP's metrics has the namespace before the name", () => {
  assert.equal(serviceOf({ job: 'prod/shop' }), 'shop');
  assert.equal(serviceOf({ job: 'shop' }), 'shop');
  assert.equal(serviceOf({ app: 'a/b' }), 'a/b');
});

test('there is a selector for every label, in the same order', () => {
  assert.deepEqual(serviceSelectors('my.shop'), [
    '{service_name="my.shop"}',
    '{"service.name"="my.shop"}',
    '{service="my.shop"}',
    '{app="my.shop"}',
    '{job=~"(.+/)?my\\\\.shop"}',
    '{container="my.shop"}',
  ]);
  assert.equal(serviceSelectors('x').length, SERVICE_LABELS.length);
});

test('spans are found by the resource', () => {
  assert.equal(serviceSpans('a "b"'), '{ resource.service.name = "a \\"b\\"" }');
});

test('a service is found again under the job that it came from', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (namespace, name) => {
      fc.pre(!name.includes('/') && !/\n/.test(namespace + name));
      const job = `${namespace}/${name}`;
      const pattern = compileAnchored(`(.+/)?${escaped(serviceOf({ job })!)}`);
      assert.ok(pattern.test(job));
      assert.ok(pattern.test(name));
    }),
  );
});

test('labels are written as a selector', () => {
  assert.equal(
    labelsText({ __name__: 'up', job: 'a', 'http.route': '/x' }),
    'up{job="a", "http.route"="/x"}',
  );
  assert.equal(labelsText({ __name__: 'up' }), 'up');
  assert.equal(labelsText({}), '{}');
});
