/** Refused items in one text: few are told one by one, many by their reasons. */

import type { MetricBatch } from '../../model/batch.ts';
import { TriliteError } from '../../model/errors.ts';
import { quote } from '../../model/go-string.ts';
import type { Labels } from '../../model/labels.ts';
import type { Refusal, RefusalReason } from '../../storage/interface.ts';

/** More are not of use to a reader, and a sender writes them all to its log. */
const MESSAGES_MAX = 10;
/** So many refusals name their series; there is room left for what the others say. */
const NAMED_MAX = MESSAGES_MAX - 2;

/** Each different message once, with how often it came. */
export function describeRefusals(refused: readonly Refusal[]): string {
  const counts = new Map<string, number>();
  for (const { message } of refused) counts.set(message, (counts.get(message) ?? 0) + 1);
  const texts = [...counts].map(([message, count]) =>
    count === 1 ? message : `${message} (${count} times)`,
  );
  const shown = texts.slice(0, MESSAGES_MAX);
  const rest = texts.length - shown.length;
  return shown.join('\n') + (rest > 0 ? `\nand ${rest} more` : '');
}

/** What these say names the series itself. */
const NAMING: ReadonlySet<RefusalReason> = new Set([
  'invalid_labels',
  'max_label_names_per_series',
  'label_name_too_long',
  'label_value_too_long',
]);

const PLAIN_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * The refusals of a batch's samples, the first of them with the series that each is of. To be called while the batch is
 * valid. `shown`: the labels under which a series is stored, as `MetricAppender` has it.
 */
export function withSeries(
  refused: readonly Refusal[],
  batch: MetricBatch,
  shown: (labels: Labels) => Labels | undefined = (labels) => labels,
): Refusal[] {
  const { sampleCount, sampleSeries, histograms } = batch;
  return refused.map((refusal, n) => {
    const { item, reason, message } = refusal;
    if (n >= NAMED_MAX || NAMING.has(reason)) return refusal;
    const series = item < sampleCount ? sampleSeries[item]! : histograms[item - sampleCount]!.series;
    const given = batch.labels(series);
    const labels = given && shown(given);
    return labels ? { ...refusal, message: `${message} for series ${describeLabels(labels)}` } : refusal;
  });
}

/** The series that a refusal is of, as text. To be called while the batch is valid. */
export function seriesOf(refusal: Refusal | undefined, batch: MetricBatch): string | undefined {
  if (!refusal) return undefined;
  const { item } = refusal;
  const { sampleCount, sampleSeries, histograms } = batch;
  const series = item < sampleCount ? sampleSeries[item] : histograms[item - sampleCount]?.series;
  try {
    const labels = series === undefined ? undefined : batch.labels(series);
    return labels && describeLabels(labels);
  } catch (error) {
    // Labels that are none are told of by the refusal's own message.
    if (error instanceof TriliteError) return undefined;
    throw error;
  }
}

/** The time of one item of the batch; undefined where it has none. */
export function firstTime({ sampleCount, timestamps, histograms }: MetricBatch): number | undefined {
  return sampleCount > 0 ? timestamps[0] : histograms[0]?.timestampMs;
}

function describeLabels({ pairs }: Labels): string {
  const out: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i]!;
    out.push(`${PLAIN_NAME.test(name) ? name : quote(name)}=${quote(pairs[i + 1]!)}`);
  }
  return `{${out.join(', ')}}`;
}

/** Several reasons in Loki's words: equal ones once, with how many there were. */
export function groupedMessages(
  refused: readonly { readonly message: string; readonly count: number }[],
): string {
  if (refused.length === 1 && refused[0]!.count === 1) return refused[0]!.message;
  return refused.map(({ message, count }) => `${count} errors like: ${message}`).join('; ');
}
