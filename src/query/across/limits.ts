/** Limits of questions across signals. An answer that one of them cut says so (docs/across.md). */

/** Traces that a TraceQL query selects where the question does not say how many: the newest. */
export const TRACES_DEFAULT = 500;
/** Most that it may ask for. Each costs a look-up in every run of the ID index, and each is evaluated as a whole. */
export const TRACES_MAX = 5000;
/** Ids that lines, or exemplars, may name in one question, whether traces are stored under them or not: the newest. */
export const NAMED_IDS_MAX = 5000;
/** Resources of one trace that are looked at; each may have its own instance, pod and host. */
export const RESOURCES_MAX = 200;
/** Series in an answer about resources that names no PromQL: more than anybody looks at, and all of a process. */
export const SERIES_MAX = 500;
/** Names of metrics that are listed of one selector. */
export const METRIC_NAMES_MAX = 200;

/** Lines are looked for so long before the first span and after the last: clocks differ, and what is buffered is logged late. */
export const LINE_SLACK_MS = 60_000;
/** Metrics are sampled at intervals of up to a minute, and a graph wants to show what was before and after. */
export const SERIES_SLACK_MS = 300_000;
/** A longer slack is another question: a range. */
export const SLACK_MAX_MS = 24 * 3_600_000;
