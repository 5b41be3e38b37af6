/**
 * Limits of a tenant on metrics, in front of the appender: the pace of samples refuses a request as a whole, names and lengths of
 * labels refuse single series. Labels are looked at where storage does not know the series yet: what goes on costs nothing. How
 * many series there may be is storage's to say (`storage/head/series-limits.ts`).
 */

import { type FamilyMetadata, type MetricBatch, plainBatch } from '../model/batch.ts';
import { TriliteError } from '../model/errors.ts';
import type { Labels } from '../model/labels.ts';
import { RateLimitError } from '../model/rate-limit-error.ts';
import type { MetricLimits } from '../model/tenant-limits.ts';
import { type MetricAppender, SeriesRefusal } from '../storage/interface.ts';
import { streamText } from './decode/stream-labels.ts';
import { type PaceByTenant, paceByTenant } from './pace-by-tenant.ts';

/** Of what a sender wrote, so much is quoted. */
const QUOTED_MAX = 200;

/** Undefined where nothing is limited. */
export function metricLimiter(limits: MetricLimits, before?: MetricLimiter): MetricLimiter | undefined {
  const { ingestion, labelNamesMax, labelNameMaxBytes, labelValueMaxBytes, helpMaxBytes } = limits;
  const sum = ingestion.perSecond + labelNamesMax + labelNameMaxBytes + labelValueMaxBytes + helpMaxBytes;
  return sum > 0 ? new MetricLimiter(limits, before) : undefined;
}

export class MetricLimiter {
  readonly #limits: MetricLimits;
  readonly #pace: PaceByTenant | undefined;

  /** `before`: under the limits that were in force. */
  constructor(limits: MetricLimits, before?: MetricLimiter) {
    this.#limits = limits;
    this.#pace = paceByTenant(limits.ingestion, before ? before.#pace : undefined);
  }

  /** As the appender's own. Throws `rate_limited`, or `too_large` for what may never come at once: nothing was taken. */
  async append(
    tenant: string,
    appender: MetricAppender,
    [batch, options]: Parameters<MetricAppender['append']>,
    nowMs: number,
  ): ReturnType<MetricAppender['append']> {
    const count = batch.sampleCount + batch.histograms.length;
    this.admit(tenant, count, nowMs);
    try {
      return await appender.append(this.checked(batch), options);
    } catch (error) {
      this.#pace?.give(tenant, count);
      throw error;
    }
  }

  /** Takes so many samples of the tenant's pace. Throws as `append`. */
  admit(tenant: string, count: number, nowMs: number): void {
    const waitMs = this.#pace?.take(tenant, count, nowMs) ?? 0;
    if (waitMs === 0) return;
    const { perSecond, burst } = this.#limits.ingestion;
    const message = `the request has been rejected because the tenant exceeded the ingestion rate limit, set to ${perSecond} items/s with a maximum allowed burst of ${burst} (err-mimir-tenant-max-ingestion-rate)`;
    if (waitMs < Number.POSITIVE_INFINITY) throw new RateLimitError(message, waitMs);
    throw new TriliteError('too_large', `${message}: it has ${count} samples`);
  }

  /** The batch, held to the limits of labels and of help. */
  checked(batch: MetricBatch): MetricBatch {
    const { labelNamesMax, labelNameMaxBytes, labelValueMaxBytes, helpMaxBytes } = this.#limits;
    const looksAtLabels = labelNamesMax + labelNameMaxBytes + labelValueMaxBytes > 0;
    const cutsHelp =
      helpMaxBytes > 0 && batch.metadata.some(({ help }) => Buffer.byteLength(help) > helpMaxBytes);
    if (!looksAtLabels && !cutsHelp) return batch;
    const metadata = cutsHelp ? batch.metadata.map((m) => withShortHelp(m, helpMaxBytes)) : batch.metadata;
    const labels = (i: number): Labels | undefined => {
      const given = batch.labels(i);
      if (given) this.#checkLabels(given);
      return given;
    };
    return { ...plainBatch(batch), labels, metadata };
  }

  #checkLabels(labels: Labels): void {
    const { labelNamesMax, labelNameMaxBytes, labelValueMaxBytes } = this.#limits;
    if (labelNamesMax > 0 && labels.size > labelNamesMax) {
      const counts = `(actual: ${labels.size}, limit: ${labelNamesMax})`;
      throw refusal('max_label_names_per_series', `number of labels exceeds the limit ${counts}`, '', labels);
    }
    const { pairs } = labels;
    for (let i = 0; i < pairs.length; i += 2) {
      const name = pairs[i]!;
      const value = pairs[i + 1]!;
      if (isLonger(name, labelNameMaxBytes))
        throw refusal(
          'label_name_too_long',
          'label name length exceeds the limit',
          `, label: '${quoted(name)}'`,
          labels,
        );
      if (isLonger(value, labelValueMaxBytes)) {
        const which = `, label: '${quoted(name)}', value: '${quoted(value)}' (truncated)`;
        throw refusal('label_value_too_long', 'label value length exceeds the limit', which, labels);
      }
    }
  }
}

const CODES = {
  max_label_names_per_series: 'err-mimir-max-label-names-per-series',
  label_name_too_long: 'err-mimir-label-name-too-long',
  label_value_too_long: 'err-mimir-label-value-too-long',
} as const;

/** In Mimir's words. */
function refusal(reason: keyof typeof CODES, rule: string, which: string, labels: Labels): SeriesRefusal {
  const series = quoted(streamText(labels));
  const message = `received a series whose ${rule}${which} series: '${series}' (${CODES[reason]})`;
  return new SeriesRefusal(reason, message);
}

function quoted(text: string): string {
  return text.slice(0, QUOTED_MAX).toWellFormed();
}

/** Of a text that is short enough in any case, bytes are not counted. */
function isLonger(text: string, maxBytes: number): boolean {
  return maxBytes > 0 && 3 * text.length > maxBytes && Buffer.byteLength(text) > maxBytes;
}

function withShortHelp(metadata: FamilyMetadata, maxBytes: number): FamilyMetadata {
  const bytes = Buffer.from(metadata.help);
  if (bytes.length <= maxBytes) return metadata;
  let end = maxBytes;
  // Not within a character.
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return { ...metadata, help: bytes.toString('utf8', 0, end) };
}
