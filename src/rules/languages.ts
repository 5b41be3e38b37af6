/**
 * The seam between rules and the languages of their expressions: a text and a time in, labels and values out. Runs in a
 * reader thread; a language is loaded when the first of its rules comes.
 */

import { TriliteError } from '../model/errors.ts';
import type { Histogram } from '../model/histogram.ts';
import { Labels } from '../model/labels.ts';
import { DEFAULT_QUERY_SETTINGS } from '../model/query-settings.ts';
import type { NameValidation } from '../model/relabel.ts';
import type { ResultData } from '../query/result.ts';
import type { ServiceContext } from '../query/service.ts';
import type { RuleLanguageName } from './rule-group.ts';

/** What an expression evaluates to: one value for each label set. */
export interface RuleVector {
  readonly labels: readonly Labels[];
  /** 0 where there is a histogram. */
  readonly values: Float64Array;
  /** Undefined where no element is a native histogram. */
  readonly histograms?: readonly (Histogram | undefined)[] | undefined;
}

export interface RuleLanguage {
  readonly name: RuleLanguageName;
  /** Which names its rules may give to series and labels: Loki's are of the classic alphabet. */
  readonly names: NameValidation;
  /** The expression in canonical form. Throws `bad_data` where it is none that a rule may have. */
  canonical(text: string): string;
  evaluate(text: string, timeMs: number, context: ServiceContext): Promise<RuleVector>;
}

export async function ruleLanguage(name: RuleLanguageName): Promise<RuleLanguage> {
  return name === 'logql' ? logql() : promql();
}

async function logql(): Promise<RuleLanguage> {
  const { formatMetricLogql, queryInstant } = await import('../query/logs/engine.ts');
  const { ScanStats } = await import('../query/logs/scan.ts');
  return {
    name: 'logql',
    names: 'legacy',
    canonical: formatMetricLogql,
    evaluate: async (text, timeMs, context) =>
      vectorOf(await queryInstant(text, { ms: timeMs, ns: 0 }, context, new ScanStats())),
  };
}

async function promql(): Promise<RuleLanguage> {
  const { evaluatePromql } = await import('../query/engine.ts');
  const { formatPromqlLine } = await import('../query/promql-text.ts');
  return {
    name: 'promql',
    names: 'utf8',
    canonical: formatPromqlLine,
    evaluate: async (text, timeMs, { storage, signal, query, report }) => {
      const settings = query ?? DEFAULT_QUERY_SETTINGS;
      const { samplesMax, bytesMax } = settings;
      const grid = { startMs: timeMs, endMs: timeMs, stepMs: 0, instant: true };
      const { data, stats } = await evaluatePromql(
        text,
        { ...settings, ...grid },
        { storage, signal, limits: { samplesMax, bytesMax } },
      );
      const { samplesRead, seriesRead, peakSamples, peakBytes } = stats;
      report?.({ samplesRead, seriesRead, peakSamples, peakBytes });
      return vectorOf(data);
    },
  };
}

/** A scalar is an element without labels. */
function vectorOf(data: ResultData): RuleVector {
  if (data.type === 'scalar') return { labels: [Labels.EMPTY], values: Float64Array.of(data.value) };
  if (data.type !== 'vector') throw new TriliteError('execution', 'rule result is not a vector or scalar');
  const { labels, values, histograms } = data;
  return { labels, values: histograms ? values.map((v, i) => (histograms[i] ? 0 : v)) : values, histograms };
}
