/** `metrics_generator` of the configuration: Tempo's block, at the top or under `trilite`, and its flags. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parseConfigFile } from '../../src/config/file.ts';
import { parseCommandLine } from '../../src/config/flags.ts';
import { loadConfig } from '../../src/config.ts';
import { DEFAULT_METRICS_GENERATOR } from '../../src/derive/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'trilite-generator-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const parse = async (text: string) => parseConfigFile('c.yml', text, {});
const generatorOf = async (text: string) => (await parse(text)).metricsGenerator;

const BLOCK = `metrics_generator:
  ring: { kvstore: { store: memberlist } }
  storage: { path: /var/tempo, remote_write: [{ url: http://prometheus/api/v1/write }] }
  processors: [span-metrics, service-graphs-request]
  metrics_ingestion_time_range_slack: 20000h
  generate_native_histograms: both
  native_histogram_bucket_factor: 1.2
  registry: { collection_interval: 1m0s, stale_duration: 5m, external_labels: { source: tempo } }
  processor:
    service_graphs:
      wait: 2s
      workers: 3
      histogram_buckets: [0.1, 1.5]
      peer_attributes: [peer.service]
    span_metrics:
      dimensions: [http.method]
      intrinsic_dimensions: { status_message: true, service: false }
      dimension_mappings: [{ name: who, source_labels: [a, b], join: "/" }]
      filter_policies:
        - include:
            match_type: strict
            attributes:
              - { key: span.retries, value: 3 }
              - { key: 'resource."a b"', value: "3" }
              - { key: span.ratio, value: 0.5 }
              - { key: kind, value: SPAN_KIND_SERVER }
          exclude: { match_type: regex, attributes: [{ key: name, value: "^GET" }] }
`;

describe('metrics_generator', () => {
  it("takes Tempo's block, and says what it does not heed", async () => {
    const config = await parse(BLOCK);
    const { spanMetrics, serviceGraphs, ...rest } = config.metricsGenerator;
    assert.deepEqual(rest.processors, ['span-metrics', 'service-graphs-request']);
    assert.deepEqual(
      [
        rest.slackMs,
        rest.histograms,
        rest.nativeHistograms.bucketFactor,
        rest.collectionIntervalMs,
        rest.staleMs,
      ],
      [20_000 * 3_600_000, 'both', 1.2, 60_000, 300_000],
    );
    assert.deepEqual(rest.externalLabels, { source: 'tempo' });
    assert.deepEqual([serviceGraphs.waitMs, serviceGraphs.histogramBuckets], [2000, [0.1, 1.5]]);
    assert.deepEqual(spanMetrics.intrinsicDimensions, {
      ...DEFAULT_METRICS_GENERATOR.spanMetrics.intrinsicDimensions,
      status_message: true,
      service: false,
    });
    assert.deepEqual(spanMetrics.filterPolicies[0]!.include, [
      { scope: 'span', key: 'retries', value: { type: 'int', value: 3 } },
      { scope: 'resource', key: 'a b', value: { type: 'string', value: '3' } },
      { scope: 'span', key: 'ratio', value: { type: 'float', value: 0.5 } },
      { scope: 'kind', key: '', value: { type: 'string', value: 'SPAN_KIND_SERVER' } },
    ]);
    assert.deepEqual(spanMetrics.filterPolicies[0]!.exclude, [
      { scope: 'name', key: '', value: { type: 'regex', value: '^GET' } },
    ]);
    const ignored = config.warnings.map((line) => /: (\S+)/.exec(line)?.[1]);
    assert.equal(ignored.length, 3, config.warnings.join('\n'));
  });

  it('may stand under trilite', async () => {
    const indented = BLOCK.replaceAll(/^/gm, '  ');
    assert.deepEqual(await generatorOf(`trilite:\n${indented}`), await generatorOf(BLOCK));
    assert.deepEqual(await generatorOf('scrape_configs: []\n'), DEFAULT_METRICS_GENERATOR);
  });

  it('is switched off, and its slack lifted, by flags, variables and the file', async () => {
    const path = join(folder, 'c.yml');
    writeFileSync(
      path,
      'metrics_generator: { processors: [span-metrics], ingestion_time_range_slack: 1m }\n',
    );
    const of = async (flags: readonly string[], environment = {}) => {
      const { processors, slackMs } = (await loadConfig(parseCommandLine(flags), environment))
        .metricsGenerator;
      return [processors.join(), slackMs];
    };
    assert.deepEqual(await of([]), ['service-graphs,span-metrics', 30_000]);
    assert.deepEqual(await of(['--config', path]), ['span-metrics', 60_000]);
    assert.deepEqual(await of(['--config', path, '--metrics-generator.slack', '0']), ['span-metrics', 0]);
    assert.deepEqual(await of([], { TRILITE_METRICS_GENERATOR_SLACK: '20000h' }), [
      'service-graphs,span-metrics',
      72e9,
    ]);
    assert.deepEqual(await of(['--metrics-generator', 'false']), ['', 30_000]);
    assert.deepEqual(await of(['--config', path, '--metrics-generator', 'true']), ['span-metrics', 60_000]);
  });

  const mistakes: readonly (readonly [text: string, complaint: RegExp])[] = [
    ['metrics_generator: { processors: [spanmetrics] }', /c\.yml:1:35: .*expected one of service-graphs/],
    [
      'metrics_generator:\n  procesor: {}',
      /c\.yml:2:3: unknown key "procesor" in metrics_generator; did you mean "processors?"/,
    ],
    [
      'metrics_generator: { processor: { span_metrics: { dimension: [] } } }',
      /unknown key "dimension" .*did you mean "dimensions"/,
    ],
    [
      'metrics_generator: { processor: { span_metrics: { histogram_buckets: [1, 1] } } }',
      /1 does not ascend behind 1/,
    ],
    ['metrics_generator: { native_histogram_bucket_factor: 1 }', /expected a number above 1/],
    [
      'metrics_generator: { processor: { span_metrics: { filter_policies: [{}] } } }',
      /a policy needs include/,
    ],
    [
      'metrics_generator: { processor: { span_metrics: { filter_policies: [{ include: { match_type: regex, attributes: [{ key: span.a, value: "(" }] } }] } } }',
      /c\.yml:1:\d+: .*missing closing \)/,
    ],
    [
      'metrics_generator: { processor: { span_metrics: { filter_policies: [{ include: { match_type: strict, attributes: [{ key: .a, value: 1 }] } }] } } }',
      /expected name, kind, status, span\.NAME or resource\.NAME/,
    ],
  ];
  for (const [text, complaint] of mistakes) {
    it(`refuses ${text.slice(0, 60)}`, async () => {
      await assert.rejects(parse(text), complaint);
    });
  }
});
