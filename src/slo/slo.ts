/**
 * A service level objective: so much of what a service does in a window of time shall be good. What it allows to be bad is the error
 * budget. Plain data; `slo-rules.ts` makes rules of it.
 */

type LabelSet = Readonly<Record<string, string>>;

/** What tells how much is bad. */
export interface Indicator {
  /**
   * A PromQL expression: the bad share, 0 to 1, of the window (`5m`) before it is evaluated. `filter` selects the series of this
   * objective (`{sloth_id="…", …}`), for an indicator that looks at what it records itself.
   */
  errorRatio(window: string, filter: string): string;
  /** Recorded as `slo:sli_bad:bool` before anything else: 1 while the objective is missed, else 0. */
  readonly badNow?: string;
}

/** What an alert has beside what every alert on a budget has. */
export interface SloAlert {
  readonly name: string;
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
}

export interface Slo {
  readonly service: string;
  /** Unique within its service. */
  readonly name: string;
  /** In percent, above 0 and at most 100. */
  readonly objective: number;
  /** One of `SLO_WINDOWS`. */
  readonly windowMs: number;
  readonly indicator: Indicator;
  /** Of its series. */
  readonly labels: LabelSet;
  /** Wakes somebody; undefined: there is none. */
  readonly page: SloAlert | undefined;
  /** Waits until the morning. */
  readonly ticket: SloAlert | undefined;
}

/** What the info series says of where the rules are from. */
export interface SloOrigin {
  readonly version: string;
  readonly mode: string;
  /** The form of the specification, such as `prometheus/v1`. */
  readonly spec: string;
}

/** What names its series and groups. */
export function sloId({ service, name }: Pick<Slo, 'service' | 'name'>): string {
  return `${service}-${name}`;
}
