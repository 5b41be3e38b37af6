/**
 * What an Alertmanager is sent of an alert, as its API v2 takes it:
 *
 *   {"annotations":{…},"endsAt":"2026-01-01T00:04:00.000Z","startsAt":"…","generatorURL":"…","labels":{…}}
 *
 * `endsAt` is when the alert was resolved, or of a firing one when it is over unless the Alertmanager hears of it again.
 */

import { utf8Encode } from '../../base/bytes.ts';
import { Labels } from '../../model/labels.ts';
import { queryEscape } from '../../model/template/functions-text.ts';
import type { DueAlert } from '../due-alerts.ts';
import type { RuleLanguageName } from '../rule-group.ts';

/** Notices that are written between two looks at the clock: some tenths of a millisecond. */
const PER_STEP = 32;

/** An alert as an Alertmanager is told of it. */
export interface ToldAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly generatorUrl: string;
  /** How long a process after this one may take until it fires again; for the built-in Alertmanager alone. */
  readonly firesAgainMs: number;
}

/** What all alerts of one report have in common. */
export interface NoticeOrigin {
  readonly generatorUrl: string;
  /** Whose rule they come from; undefined where tenants are not told apart. */
  readonly tenant: string | undefined;
  readonly firesAgainMs: number;
}

export class Notice {
  readonly labels: Labels;
  readonly #alert: DueAlert;
  readonly #origin: NoticeOrigin;
  /** The same for every Alertmanager. */
  #json: string | undefined;

  constructor(labels: Labels, alert: DueAlert, origin: NoticeOrigin) {
    this.labels = labels;
    this.#alert = alert;
    this.#origin = origin;
  }

  /** Whose rule it comes from; undefined where tenants are not told apart. */
  get tenant(): string | undefined {
    return this.#origin.tenant;
  }

  /** The same with other labels. */
  with(labels: Labels): Notice {
    if (labels.equals(this.labels)) return this;
    return new Notice(labels, this.#alert, this.#origin);
  }

  /** What is told, for who needs no text. */
  told(): ToldAlert {
    const { annotations, firedAtMs, endsAtMs } = this.#alert;
    return {
      labels: this.labels,
      annotations: Labels.fromBytes(annotations),
      startsAtMs: firedAtMs,
      endsAtMs,
      generatorUrl: this.#origin.generatorUrl,
      firesAgainMs: this.#origin.firesAgainMs,
    };
  }

  json(): string {
    this.#json ??= this.#write();
    return this.#json;
  }

  #write(): string {
    const { annotations, startsAtMs, endsAtMs, generatorUrl, labels } = this.told();
    return JSON.stringify({
      ...(annotations.size > 0 && { annotations: annotations.toObject() }),
      endsAt: new Date(endsAtMs).toISOString(),
      startsAt: new Date(startsAtMs).toISOString(),
      generatorURL: generatorUrl,
      labels: labels.toObject(),
    });
  }
}

/** The body of a request. */
export function* writeNotices(notices: readonly Notice[]): Generator<void, Uint8Array> {
  const parts: string[] = [];
  for (const notice of notices) {
    if (parts.length % PER_STEP === PER_STEP - 1) yield;
    parts.push(notice.json());
  }
  return utf8Encode(`[${parts.join(',')}]`);
}

/**
 * Where somebody who was told of an alert sees what its rule sees: of PromQL the page that Prometheus has for it, of LogQL
 * Grafana's Explore, which is what Loki's ruler takes the external URL to be of.
 */
export function generatorUrl(externalUrl: string, language: RuleLanguageName, query: string): string {
  if (language === 'promql') return `${externalUrl}/graph?g0.expr=${queryEscape(query)}&g0.tab=1`;
  const panes = JSON.stringify({ queries: [{ expr: query, queryType: 'range' }] });
  return `${externalUrl}/explore?left=${queryEscape(panes)}`;
}
