/** What another configuration changes, and what waits for the next start. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type Config, DEFAULT_CONFIG } from '../../src/config/settings.ts';
import { changeOf, TAKEN_IN } from '../../src/config/taken-in.ts';
import { tlsSettings } from '../support/tls-settings.ts';

const SAMPLING = {
  decisionWaitMs: 1,
  rootWaitMs: 0,
  tracesMax: 1,
  sampledCacheSize: 0,
  nonSampledCacheSize: 0,
  bytesMax: undefined,
  traceBytesMax: 0,
  policies: [],
  firstMatch: false,
  invertedDecisions: false,
  dropsPendingAtStop: false,
};
const WITH_SAMPLING: Config = { ...DEFAULT_CONFIG, tailSampling: SAMPLING };
const PAIR = { cert: '', key: '', certFile: 'a', keyFile: 'b' };
const WITH_TLS: Config = { ...DEFAULT_CONFIG, tls: tlsSettings(PAIR) };

describe('another configuration', () => {
  test('has a word for every setting: taken in at once, or at the next start', () => {
    assert.deepEqual(Object.keys(TAKEN_IN).sort(), Object.keys(DEFAULT_CONFIG).sort());
    for (const [key, when] of Object.entries(TAKEN_IN)) {
      if (typeof when === 'string') continue;
      const value = { ...WITH_SAMPLING, tls: WITH_TLS.tls }[key as keyof Config] as object;
      assert.deepEqual(Object.keys(when).sort(), Object.keys(value).sort(), key);
    }
  });

  test('is taken over but for what waits, which keeps its value and is named', () => {
    const read: Config = {
      ...DEFAULT_CONFIG,
      dataDir: '/elsewhere',
      logLevel: 'debug',
      multiTenancy: true,
      limits: { ...DEFAULT_CONFIG.limits, memoryBytes: 1, queryTimeoutMs: 5 },
      jaeger: { ...DEFAULT_CONFIG.jaeger, all: true },
    };
    const { config, changed, waiting } = changeOf(DEFAULT_CONFIG, read);
    assert.deepEqual(waiting.toSorted(), ['data', 'jaeger', 'limits.memory', 'multi_tenancy']);
    assert.deepEqual(changed.toSorted(), ['limits', 'logLevel']);
    assert.deepEqual(config, {
      ...DEFAULT_CONFIG,
      logLevel: 'debug',
      limits: { ...DEFAULT_CONFIG.limits, queryTimeoutMs: 5 },
    });
    assert.deepEqual(changeOf(DEFAULT_CONFIG, { ...DEFAULT_CONFIG }), {
      config: DEFAULT_CONFIG,
      changed: [],
      waiting: [],
    });
  });

  test('has other policies of sampling at once where there is sampling, and waits with the rest of it', () => {
    const other = { ...SAMPLING, decisionWaitMs: 2, firstMatch: true };
    const both = changeOf(WITH_SAMPLING, { ...DEFAULT_CONFIG, tailSampling: other });
    assert.deepEqual(both.waiting, ['tail_sampling.decision_wait']);
    assert.deepEqual(both.config.tailSampling, { ...SAMPLING, firstMatch: true });
    for (const [before, read] of [
      [DEFAULT_CONFIG, WITH_SAMPLING],
      [WITH_SAMPLING, DEFAULT_CONFIG],
    ] as const) {
      const { config, waiting, changed } = changeOf(before, read);
      assert.deepEqual([config.tailSampling, waiting, changed], [before.tailSampling, ['tail_sampling'], []]);
    }
  });

  test('has other certificates and rules of TLS at once where there is TLS, and waits with the rest of it', () => {
    const tls = {
      ...WITH_TLS.tls!,
      clientAuth: 'RequestClientCert' as const,
      plain: [{ host: 'a', port: 1 }],
    };
    const both = changeOf(WITH_TLS, { ...DEFAULT_CONFIG, tls });
    assert.deepEqual(both.waiting, ['tls.plain']);
    assert.deepEqual(both.config.tls, { ...WITH_TLS.tls, clientAuth: 'RequestClientCert' });
    for (const [before, read] of [
      [DEFAULT_CONFIG, WITH_TLS],
      [WITH_TLS, DEFAULT_CONFIG],
    ] as const) {
      const { config, waiting } = changeOf(before, read);
      assert.deepEqual([config.tls, waiting], [before.tls, ['tls']]);
    }
  });

  test('waits for what the documentation says waits', () => {
    const text = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
    const names = Object.values(TAKEN_IN)
      .flatMap((when) => (typeof when === 'string' ? [when] : Object.values<string>(when)))
      .filter((when) => when !== 'at once')
      .map((when) => when.slice('next start: '.length))
      // Told of as one.
      .map((name) => (name.startsWith('tail_sampling.') ? 'tail_sampling' : name));
    const row = text.split('\n').find((line) => line.startsWith('| at the next start |'));
    assert.deepEqual([...row!.matchAll(/`([^`]+)`/g)].map((m) => m[1]).sort(), [...new Set(names)].sort());
  });
});
