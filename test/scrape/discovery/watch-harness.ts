/** Discoveries in tests: what they told, waited for. */

import { Telemetry } from '../../../src/base/telemetry.ts';
import { parseTargetYaml } from '../../../src/config/target-yaml.ts';
import type { Discovery } from '../../../src/scrape/discovery/discovery.ts';
import { DiscoveryTelemetry } from '../../../src/scrape/discovery/discovery-telemetry.ts';
import type { TargetGroup } from '../../../src/scrape/target.ts';
import { eventually } from '../../support/poll.ts';
import { ManualClock } from '../manual-clock.ts';

/** A time at which nothing is due. */
const START_MS = Date.UTC(2026, 0, 1);

export class Watched {
  readonly clock = new ManualClock(START_MS);
  readonly printed = new Telemetry();
  readonly telemetry = new DiscoveryTelemetry(this.printed);
  readonly errors: string[] = [];
  readonly updates: (readonly TargetGroup[])[] = [];
  readonly parseYaml = parseTargetYaml;
  #discovery: Discovery | undefined;

  readonly onError = (source: unknown, error?: unknown): void => {
    const told = error ?? source;
    this.errors.push(told instanceof Error ? told.message : String(told));
  };

  /** What discoveries that ask again and again are given. */
  refreshParts(mechanism: string) {
    const counts = this.telemetry.refresh(mechanism, 'j');
    return { clock: this.clock, counts, onError: this.onError };
  }

  start(discovery: Discovery): void {
    this.#discovery = discovery;
    discovery.start((groups) => this.updates.push(groups));
  }

  stop(): void {
    this.#discovery?.stop();
  }

  get groups(): readonly TargetGroup[] {
    return this.updates.at(-1) ?? [];
  }

  /** Addresses in the order of their text. */
  get targets(): string[] {
    return this.groups.flatMap((group) => group.targets).sort();
  }

  /** The value of a metric as it is printed, with its labels. */
  metric(name: string): number | undefined {
    const line = this.printed
      .print()
      .split('\n')
      .find((l) => l.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  }

  /** Waits for what the platform does in its own time; short timers of the discovery fire meanwhile. */
  async until(reached: () => boolean, what: string): Promise<void> {
    await eventually(async () => {
      await this.clock.advance(60);
      if (!reached())
        throw new Error(`${what}: ${JSON.stringify({ targets: this.targets, errors: this.errors })}`);
    });
  }

  /** Until the targets are these. */
  async targetsAre(expected: readonly string[]): Promise<void> {
    await this.until(() => JSON.stringify(this.targets) === JSON.stringify(expected), `expected ${expected}`);
  }
}
