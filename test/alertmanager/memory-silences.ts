/** A store of silences in memory, for tests that own the time. */

import { alertCounters } from '../../src/alertmanager/alert-counters.ts';
import type { AlertRoom } from '../../src/alertmanager/alert-store.ts';
import { Alertmanager } from '../../src/alertmanager/alertmanager.ts';
import { notifyCounters } from '../../src/alertmanager/notify-counters.ts';
import { SHOWN_ONLY_POLICY } from '../../src/alertmanager/policy.ts';
import type { PostedSilence } from '../../src/alertmanager/silence.ts';
import { SILENT } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import type {
  AlertStateKey,
  AlertStateStore,
  SilenceKey,
  SilenceStore,
  StoredAlertState,
  StoredSilence,
} from '../../src/storage/interface.ts';
import { ManualClock } from '../scrape/manual-clock.ts';

export const START_MS = Date.parse('2026-01-01T00:00:00Z');

export class MemorySilences implements SilenceStore, AlertStateStore {
  readonly rows = new Map<string, StoredSilence>();
  readonly state = new Map<string, StoredAlertState>();
  /** Thrown by what would change something. */
  fails: Error | undefined;

  async silences(): Promise<readonly StoredSilence[]> {
    return [...this.rows.values()];
  }

  async putSilences(silences: readonly StoredSilence[]): Promise<void> {
    if (this.fails) throw this.fails;
    for (const silence of silences) this.rows.set(`${silence.tenant}/${silence.id}`, silence);
  }

  async removeSilences(keys: readonly SilenceKey[]): Promise<void> {
    if (this.fails) throw this.fails;
    for (const { tenant, id } of keys) this.rows.delete(`${tenant}/${id}`);
  }

  async alertState(): Promise<readonly StoredAlertState[]> {
    return [...this.state.values()];
  }

  async changeAlertState(put: readonly StoredAlertState[], remove: readonly AlertStateKey[]): Promise<void> {
    if (this.fails) throw this.fails;
    for (const one of put) this.state.set(keyOf(one), one);
    for (const one of remove) this.state.delete(keyOf(one));
  }
}

function keyOf({ tenant, kind, key }: AlertStateKey): string {
  return JSON.stringify([tenant, kind, key]);
}

export function setUp(room?: AlertRoom, policy = SHOWN_ONLY_POLICY) {
  const clock = new ManualClock(START_MS);
  const store = new MemorySilences();
  const telemetry = new Telemetry();
  const problems: unknown[] = [];
  const counters = alertCounters(telemetry);
  const parts = {
    ...{ clock, store, counters, log: SILENT, notifyCounters: notifyCounters(telemetry) },
    onProblem: (what: string) => problems.push(what),
    ...(room && { room }),
  };
  const stored = async () => ({ silences: await store.silences(), state: await store.alertState() });
  const open = async () => new Alertmanager(parts, await stored(), policy);
  return { clock, store, telemetry, problems, open };
}

/** A silence of `alertname="A"` from now on, for an hour. */
export function silence(more: Partial<PostedSilence> = {}): PostedSilence {
  return {
    id: '',
    matchers: [{ type: '=', name: 'alertname', value: 'A' }],
    startsAtMs: undefined,
    endsAtMs: START_MS + 3_600_000,
    createdBy: 'me',
    comment: 'why',
    annotations: [],
    ...more,
  };
}
