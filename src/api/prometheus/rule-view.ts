/**
 * What a rule engine shows of itself: groups as their files have them, alerts as they stand. This is where one is
 * plugged in; without one there are no groups. Times are milliseconds, undefined before the first evaluation.
 */

type LabelSet = Readonly<Record<string, string>>;

export interface AlertView {
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
  readonly state: 'pending' | 'firing' | 'inactive';
  readonly activeAtMs: number;
  readonly keepFiringSinceMs?: number | undefined;
  readonly value: number;
}

interface RuleBase {
  readonly name: string;
  /** The expression in canonical form. */
  readonly query: string;
  readonly labels: LabelSet;
  readonly health: 'ok' | 'err' | 'unknown';
  /** '' where the last evaluation went well. */
  readonly lastError: string;
  readonly evaluationSeconds: number;
  readonly lastEvaluationMs: number | undefined;
}

export interface AlertingRuleView extends RuleBase {
  readonly type: 'alerting';
  readonly state: 'pending' | 'firing' | 'inactive' | 'unknown';
  readonly forSeconds: number;
  readonly keepFiringForSeconds: number;
  readonly annotations: LabelSet;
  readonly alerts: readonly AlertView[];
}

export interface RecordingRuleView extends RuleBase {
  readonly type: 'recording';
}

export interface RuleGroupView {
  readonly name: string;
  readonly file: string;
  readonly intervalSeconds: number;
  /** 0: no limit. */
  readonly limit: number;
  readonly evaluationSeconds: number;
  readonly lastEvaluationMs: number | undefined;
  readonly rules: readonly (AlertingRuleView | RecordingRuleView)[];
}

/** URLs. */
export interface AlertmanagersView {
  readonly active: readonly string[];
  readonly dropped: readonly string[];
}
