/** Protobuf expositions with native histograms that grow, begin again, change their layout, and have exemplars. */

import { expose, PROTOBUF_CONTENT_TYPE } from '../../ingest/decode/exposition-proto.ts';
import type { PageOf } from './target-server.ts';

const EXEMPLAR_SECONDS = 1_600_000_000;

export function exposed(name: string): PageOf {
  const label = [{ name: 't', value: name }];
  return (n) => {
    const k = (n % 8) + 1;
    const exemplar = {
      label: [{ name: 'id', value: `e${n}` }],
      value: 1.5,
      timestamp: { seconds: EXEMPLAR_SECONDS + n },
    };
    const wide = n % 5 === 4;
    const positiveDelta = wide ? [k, 0, 0, 0, 0, 0] : [k, 1];
    const buckets = wide ? 6 * k : 2 * k + 1;
    const native = {
      sampleCount: buckets + 1,
      sampleSum: n * 1.5,
      bucket: [
        { upperBound: 1, cumulativeCount: k, exemplar },
        { upperBound: 4, cumulativeCount: buckets },
      ],
      schema: 3,
      zeroThreshold: 0.001,
      zeroCount: 1,
      positiveSpan: wide
        ? [{ offset: 0, length: 6 }]
        : [
            { offset: 2, length: 1 },
            { offset: 1, length: 1 },
          ],
      positiveDelta,
      exemplars: [exemplar, { ...exemplar, timestamp: undefined }],
    };
    const float = {
      sampleCountFloat: k + 0.5,
      sampleSum: -k,
      schema: 0,
      zeroThreshold: 0.001,
      negativeSpan: [{ offset: 1, length: 1 }],
      negativeCount: [k],
      positiveSpan: [{ offset: 0, length: 1 }],
      positiveCount: [0.5],
    };
    const classic = {
      sampleCount: 3 * k,
      sampleSum: k,
      bucket: [
        { upperBound: 0.5, cumulativeCount: k },
        { upperBound: 1, cumulativeCount: 2 * k },
      ],
    };
    const families = [
      {
        name: 'nat_seconds',
        help: 'Native.',
        unit: 'seconds',
        type: 4,
        metric: [{ label, histogram: native }],
      },
      { name: 'flo', type: 5, metric: [{ label, histogram: float }] },
      { name: 'cla', type: 4, metric: [{ label, histogram: classic }] },
      { name: 'cou_total', type: 0, metric: [{ label, counter: { value: n, exemplar } }] },
      {
        name: 'sum',
        type: 2,
        metric: [
          { label, summary: { sampleCount: n, sampleSum: k, quantile: [{ quantile: 0.5, value: k }] } },
        ],
      },
      { name: 'gau', type: 1, metric: [{ label, gauge: { value: -n } }] },
    ];
    return { body: expose(n % 7 === 6 ? families.slice(1) : families), contentType: PROTOBUF_CONTENT_TYPE };
  };
}
