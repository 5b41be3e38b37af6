/**
 * Stages as the configuration has them: plain data with every default filled in, what is malformed refused before
 * (`config/tail-stages-section.ts`). Durations are milliseconds, sizes bytes.
 */

/** Pairs of a name and what it is taken from. */
export type NamedSources = readonly (readonly [name: string, source: string])[];

/** Reads a text: the extracted value of the name `source`, or the line where there is none. */
interface WithSource {
  readonly source: string | undefined;
}

export interface JsonStageConfig extends WithSource {
  readonly kind: 'json';
  /** The source is a JMESPath expression. */
  readonly expressions: NamedSources;
  readonly dropMalformed: boolean;
}

export interface RegexStageConfig extends WithSource {
  readonly kind: 'regex';
  readonly expression: string;
}

export interface LogfmtStageConfig extends WithSource {
  readonly kind: 'logfmt';
  readonly mapping: NamedSources;
}

export interface ReplaceStageConfig extends WithSource {
  readonly kind: 'replace';
  readonly expression: string;
  /** A template. */
  readonly replace: string;
}

export interface TemplateStageConfig {
  readonly kind: 'template';
  readonly source: string;
  readonly template: string;
}

export interface TimestampStageConfig {
  readonly kind: 'timestamp';
  readonly source: string;
  /** Formats in the order in which they are tried, one at least. */
  readonly formats: readonly string[];
  /** A zone's IANA name; undefined: UTC. */
  readonly location: string | undefined;
  readonly onFailure: 'fudge' | 'skip';
}

export interface MatchStageConfig {
  readonly kind: 'match';
  readonly selector: string;
  readonly action: 'keep' | 'drop';
  readonly stages: readonly StageConfig[];
  readonly pipelineName: string | undefined;
  readonly dropReason: string;
}

export interface DropStageConfig {
  readonly kind: 'drop';
  readonly sources: readonly string[];
  readonly separator: string;
  readonly value: string | undefined;
  readonly expression: string | undefined;
  readonly olderThanMs: number | undefined;
  readonly longerThanBytes: number | undefined;
  readonly dropReason: string;
}

export interface MultilineStageConfig {
  readonly kind: 'multiline';
  readonly firstLine: string;
  readonly maxWaitMs: number;
  /** 0: as many as there are. */
  readonly maxLines: number;
}

export interface CriStageConfig {
  readonly kind: 'cri';
  /** Label sets of which an unfinished line may be held at once. */
  readonly maxPartialLines: number;
  /** Bytes that a joined line is cut to; undefined: it is not. */
  readonly maxLineBytes: number | undefined;
}

/** One of the three is there. */
export interface TenantStageConfig extends WithSource {
  readonly kind: 'tenant';
  readonly label: string | undefined;
  readonly value: string | undefined;
}

export interface LimitStageConfig {
  readonly kind: 'limit';
  /** Lines a second. */
  readonly rate: number;
  readonly burst: number;
  readonly drop: boolean;
  readonly byLabelName: string | undefined;
  readonly maxDistinctLabels: number;
}

interface MetricBase {
  /** With its prefix. */
  readonly name: string;
  readonly description: string;
  readonly source: string;
  /** Counted only where the extracted value is this text. */
  readonly value: string | undefined;
  /** A child that is not touched for so long goes. */
  readonly maxIdleMs: number;
}

export type MetricConfig =
  | (MetricBase & {
      readonly type: 'counter';
      readonly action: 'inc' | 'add';
      readonly matchAll: boolean;
      readonly countBytes: boolean;
    })
  | (MetricBase & { readonly type: 'gauge'; readonly action: 'set' | 'inc' | 'dec' | 'add' | 'sub' })
  | (MetricBase & { readonly type: 'histogram'; readonly buckets: readonly number[] });

export type StageConfig =
  | JsonStageConfig
  | RegexStageConfig
  | LogfmtStageConfig
  | ReplaceStageConfig
  | TemplateStageConfig
  | { readonly kind: 'labels' | 'structured_metadata'; readonly labels: NamedSources }
  | { readonly kind: 'static_labels'; readonly labels: NamedSources }
  | { readonly kind: 'labeldrop' | 'labelallow'; readonly names: readonly string[] }
  | TimestampStageConfig
  | { readonly kind: 'output'; readonly source: string }
  | MatchStageConfig
  | DropStageConfig
  | MultilineStageConfig
  | { readonly kind: 'pack'; readonly labels: readonly string[]; readonly ingestTimestamp: boolean }
  | { readonly kind: 'docker' }
  | CriStageConfig
  | TenantStageConfig
  | LimitStageConfig
  | { readonly kind: 'sampling'; readonly rate: number; readonly dropReason: string }
  | { readonly kind: 'decolorize' }
  | { readonly kind: 'metrics'; readonly metrics: readonly MetricConfig[] };

export type StageConfigOf<Kind extends StageConfig['kind']> = Extract<StageConfig, { readonly kind: Kind }>;

/** Values that stand where the configuration says nothing. */
export const STAGE_DEFAULTS = {
  multiline: { maxWaitMs: 3000, maxLines: 128 },
  cri: { maxPartialLines: 100 },
  drop: { separator: ';', reason: 'drop_stage' },
  match: { reason: 'match_stage' },
  sampling: { reason: 'sampling_stage' },
  /** The least that `max_distinct_labels` can be. */
  limit: { maxDistinctLabels: 10_000 },
  metrics: {
    prefix: 'promtail_custom_',
    maxIdleMs: 300_000,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
} as const;
