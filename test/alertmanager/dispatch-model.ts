/**
 * A model of who is told of what when: plain lists that are gone through whenever something is due. It knows the rules and nothing of how
 * they are kept: no indexes, no threads of work, no files. Times are ms from the start.
 */

import {
  type ConfigCase,
  groupLabels,
  type LabelSet,
  labelText,
  type MatcherCase,
  matches,
  type Place,
  placeOf,
  placesOf,
  type RouteCase,
} from './route-model.ts';

/** An alert as it was at some time. */
interface Alert {
  readonly labels: LabelSet;
  readonly note: string;
  readonly startsMs: number;
  readonly endsMs: number;
  readonly updatedMs: number;
  /** It named no end. */
  readonly isTimeout: boolean;
}

interface Known {
  alert: Alert;
  /** As it would be known after a restart. */
  stored: Alert | undefined;
}

interface Group {
  readonly place: Place;
  readonly labels: string;
  readonly key: string;
  readonly members: Set<Known>;
  dueMs: number;
  /** Of things due at one time the one that was set first comes first. */
  order: number;
  look: Look | undefined;
  isLate: boolean;
}

interface Seen {
  readonly known: Known;
  readonly alert: Alert;
  readonly isOver: boolean;
}

interface Look {
  readonly group: Group;
  readonly seen: readonly Seen[];
  readonly deadlineMs: number;
  readonly order: number;
  readonly deliveries: Set<Delivery>;
  hasFailed: boolean;
}

interface Delivery {
  readonly way: number;
  readonly told: readonly Seen[];
  readonly sent: readonly Seen[];
  readonly reason: string;
  pauseMs: number;
  nextMs: number;
  order: number;
}

/** What somebody was told last, and what perhaps: alerts by their labels. */
interface Entry {
  last:
    | { readonly firing: ReadonlySet<string>; readonly over: ReadonlySet<string>; readonly atMs: number }
    | undefined;
  perhaps: Set<string>;
  underWay: readonly string[];
}

const MINUTE = 60_000;
const BELIEVED_MS = 5 * MINUTE;
const DEADLINE_MIN_MS = 10_000;
const PAUSE_FIRST_MS = 500;

export class DispatchModel {
  nowMs = 0;
  readonly told: string[] = [];
  #config: ConfigCase;
  #root: Place;
  readonly #alerts: Known[] = [];
  readonly #silences: { matchers: readonly MatcherCase[]; endMs: number }[] = [];
  readonly #failures: { way: string; toMs: number; isForGood: boolean }[] = [];
  #groups: Group[] = [];
  readonly #log = new Map<string, Entry>();
  #order = 0;

  constructor(config: ConfigCase) {
    this.#config = config;
    this.#root = placeOf(config.route, undefined, 0);
  }

  /** Without `endsMs` it fires for as long as it is believed; one that is over may be told of once more. */
  receive(labels: LabelSet, note: string, startsMs: number, endsMs: number | undefined): void {
    const ends = endsMs ?? this.nowMs + BELIEVED_MS;
    const next = { labels, note, startsMs, updatedMs: this.nowMs, isTimeout: endsMs === undefined };
    const known = this.#alerts.find(({ alert }) => labelText(alert.labels) === labelText(labels));
    const before = known?.alert;
    const isOver = ends <= this.nowMs;
    // An end that somebody named stands until that it is over is said.
    const outlasts = before && !this.#isOver(before) && !before.isTimeout && !isOver;
    const alert = { ...next, endsMs: outlasts ? Math.max(before.endsMs, ends) : ends };
    const kept = known ?? { alert, stored: undefined };
    if (!known) this.#alerts.push(kept);
    kept.alert = alert;
    const isNews =
      !kept.stored || !before || this.#isOver(before) || before.note !== note || before.startsMs !== startsMs;
    if (isOver ? kept.stored : isNews) kept.stored = alert;
    for (const place of placesOf(this.#root, labels)) {
      const { group, isNew } = this.#join(place, kept);
      if (isNew)
        this.#lookAt(group, startsMs + place.waitMs < this.nowMs ? this.nowMs : this.nowMs + place.waitMs);
    }
  }

  silence(matchers: readonly MatcherCase[], forMs: number): void {
    this.#silences.push({ matchers, endMs: this.nowMs + forMs });
  }

  fail(receiver: string, way: number, forMs: number, isForGood: boolean): void {
    this.#failures.push({ way: `${receiver}[${way}]`, toMs: this.nowMs + forMs, isForGood });
  }

  /** Another configuration. */
  reload(config: ConfigCase): void {
    this.#giveUp();
    this.#config = config;
    this.#root = placeOf(config.route, undefined, 0);
    this.#takeOver();
  }

  /** The server ends, and is there again after a while. Killed, it does not know of what was under way whether it arrived. */
  restart(isKilled: boolean, afterMs: number): void {
    if (isKilled)
      for (const entry of this.#log.values()) for (const one of entry.underWay) entry.perhaps.add(one);
    this.#giveUp();
    this.nowMs += afterMs;
    const stored = this.#alerts.filter((known) => known.stored);
    this.#alerts.length = 0;
    for (const known of stored) {
      const { endsMs, updatedMs } = known.stored!;
      const believedMs = Math.min(BELIEVED_MS, endsMs - updatedMs);
      known.alert = {
        ...known.stored!,
        endsMs: believedMs > 0 ? Math.max(endsMs, this.nowMs + believedMs) : endsMs,
      };
      this.#alerts.push(known);
    }
    this.#takeOver();
  }

  #giveUp(): void {
    for (const entry of this.#log.values()) entry.underWay = [];
    this.#groups = [];
  }

  /** Groups go on by the log, and by their oldest alert where there is nothing in it. */
  #takeOver(): void {
    const due = new Map<Group, number>();
    for (const known of this.#alerts) {
      for (const place of placesOf(this.#root, known.alert.labels)) {
        const { group } = this.#join(place, known);
        const lastMs = Math.max(
          ...this.#waysOf(place).map((_, way) => this.#entry(group, way).last?.atMs ?? -1),
          -1,
        );
        const mine = lastMs >= 0 ? lastMs + place.intervalMs : known.alert.startsMs + place.waitMs;
        due.set(group, Math.min(due.get(group) ?? mine, mine));
      }
    }
    for (const [group, ms] of due) this.#lookAt(group, Math.max(this.nowMs, ms));
  }

  advance(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const [first] = this.#due()
        .filter(({ atMs }) => atMs <= endMs)
        .sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      if (!first) break;
      this.nowMs = first.atMs;
      first.run();
    }
    this.nowMs = endMs;
  }

  #due(): { atMs: number; order: number; run: () => void }[] {
    return this.#groups.flatMap((group) => {
      const { look } = group;
      const own = { atMs: group.dueMs, order: group.order, run: () => this.#begin(group) };
      if (!look) return [own];
      const end = { atMs: look.deadlineMs, order: look.order, run: () => this.#timeUp(look) };
      const tries = [...look.deliveries].map((delivery) => ({
        ...{ atMs: delivery.nextMs, order: delivery.order },
        run: () => {
          this.#try(look, delivery);
          this.#end(look);
        },
      }));
      return [own, end, ...tries];
    });
  }

  #lookAt(group: Group, atMs: number): void {
    group.dueMs = atMs;
    group.order = ++this.#order;
  }

  #join(place: Place, known: Known): { group: Group; isNew: boolean } {
    const labels = groupLabels(place, known.alert.labels);
    let group = this.#groups.find((one) => one.place === place && one.labels === labels);
    const isNew = !group;
    if (!group) {
      const rest = { members: new Set<Known>(), dueMs: Number.POSITIVE_INFINITY, order: 0 };
      group = { ...rest, place, labels, key: `${place.key}:${labels}`, look: undefined, isLate: false };
      this.#groups.push(group);
    }
    group.members.add(known);
    return { group, isNew };
  }

  #begin(group: Group): void {
    if (group.look) {
      group.isLate = true;
      group.dueMs = Number.POSITIVE_INFINITY;
      return;
    }
    const { intervalMs } = group.place;
    this.#lookAt(group, this.nowMs + intervalMs);
    const seen = [...group.members].map((known) => ({
      ...{ known, alert: known.alert, isOver: this.#isOver(known.alert) },
    }));
    const deadlineMs = this.nowMs + Math.max(DEADLINE_MIN_MS, intervalMs);
    const look = {
      group,
      seen,
      deadlineMs,
      order: ++this.#order,
      deliveries: new Set<Delivery>(),
      hasFailed: false,
    };
    group.look = look;
    const loud = seen.filter(({ alert }) => !this.#isSilent(group.place.route, alert));
    if (loud.length > 0)
      for (const [way, tellsOver] of this.#waysOf(group.place).entries())
        this.#tell(look, way, tellsOver, loud);
    this.#end(look);
  }

  #tell(look: Look, way: number, tellsOver: boolean, told: readonly Seen[]): void {
    const { group } = look;
    const firing = told.filter(({ isOver }) => !isOver);
    const reason = this.#reason(this.#entry(group, way), firing, told, tellsOver, group.place.repeatMs);
    if (reason === undefined) return;
    const sent = tellsOver ? told : firing;
    const delivery = { way, told, sent, reason, pauseMs: PAUSE_FIRST_MS, nextMs: this.nowMs, order: 0 };
    if (sent.length === 0) {
      this.#write(group, delivery);
      return;
    }
    this.#entry(group, way).underWay = firing.map(nameOf);
    look.deliveries.add(delivery);
    this.#try(look, delivery);
  }

  #reason(
    { last, perhaps }: Entry,
    firing: readonly Seen[],
    told: readonly Seen[],
    tellsOver: boolean,
    repeatMs: number,
  ): string | undefined {
    const isNews = firing.some((one) => !last?.firing.has(nameOf(one)));
    if (isNews) return last && last.firing.size > 0 ? 'new alerts added' : 'first notification';
    if (firing.length === 0)
      return (last?.firing.size ?? 0) + perhaps.size > 0 ? 'all alerts resolved' : undefined;
    const over = told.filter(({ isOver }) => isOver);
    if (tellsOver && over.some((one) => !last!.over.has(nameOf(one)))) return 'some alerts resolved';
    return this.nowMs - last!.atMs > repeatMs ? 'repeat interval elapsed' : undefined;
  }

  #try(look: Look, delivery: Delivery): void {
    const { group } = look;
    const name = `${group.place.receiver}[${delivery.way}]`;
    const failing = this.#failures.filter(({ way, toMs }) => way === name && this.nowMs < toMs);
    if (failing.some(({ isForGood }) => isForGood)) this.#settle(look, delivery, false);
    else if (failing.length > 0) {
      delivery.nextMs = this.nowMs + delivery.pauseMs;
      delivery.order = ++this.#order;
      delivery.pauseMs = Math.min(MINUTE, delivery.pauseMs * 1.5);
    } else {
      const alerts = delivery.sent.map(({ alert, isOver }) => toldText(alert.labels, alert.note, isOver));
      this.told.push(toldLine(this.nowMs, name, group.key, delivery.reason, alerts));
      this.#write(group, delivery);
      this.#settle(look, delivery, true);
    }
  }

  #write(group: Group, { way, told }: Delivery): void {
    const of = (isOver: boolean) => new Set(told.filter((one) => one.isOver === isOver).map(nameOf));
    const entry = this.#entry(group, way);
    entry.last = { firing: of(false), over: of(true), atMs: this.nowMs };
    entry.perhaps.clear();
  }

  #settle(look: Look, delivery: Delivery, isDelivered: boolean): void {
    this.#entry(look.group, delivery.way).underWay = [];
    look.deliveries.delete(delivery);
    if (!isDelivered) look.hasFailed = true;
  }

  #timeUp(look: Look): void {
    for (const delivery of look.deliveries) this.#settle(look, delivery, false);
    this.#end(look);
  }

  #end(look: Look): void {
    const { group } = look;
    if (look.deliveries.size > 0) return;
    group.look = undefined;
    if (!look.hasFailed) {
      // One that has changed meanwhile stays.
      const gone = look.seen.filter(({ known, alert, isOver }) => isOver && known.alert === alert);
      for (const { known } of gone) {
        group.members.delete(known);
        if (!this.#groups.some(({ members }) => members.has(known))) known.stored = undefined;
      }
      if (group.members.size === 0) this.#groups = this.#groups.filter((one) => one !== group);
    }
    if (!group.isLate) return;
    group.isLate = false;
    if (group.members.size > 0) this.#begin(group);
  }

  #entry(group: Group, way: number): Entry {
    const key = `${group.place.receiver}[${way}] ${group.key}`;
    let entry = this.#log.get(key);
    if (!entry) this.#log.set(key, (entry = { last: undefined, perhaps: new Set(), underWay: [] }));
    return entry;
  }

  #waysOf({ receiver }: Place): readonly boolean[] {
    return this.#config.receivers[receiver]!;
  }

  #isOver({ endsMs }: Alert): boolean {
    return endsMs <= this.nowMs;
  }

  #isSilent({ muteAt, activeAt }: RouteCase, { labels }: Alert): boolean {
    const isIn = (name: string) => {
      const [from, to] = this.#config.times[name]!;
      return this.nowMs >= from * MINUTE && this.nowMs < to * MINUTE;
    };
    if (muteAt.some(isIn) || (activeAt.length > 0 && !activeAt.some(isIn))) return true;
    if (this.#silences.some(({ matchers, endMs }) => this.nowMs <= endMs && matches(matchers, labels)))
      return true;
    return this.#config.inhibit.some(({ source, target, equal }) => {
      const isInhibiting = ({ alert }: Known) =>
        !this.#isOver(alert) &&
        matches(source, alert.labels) &&
        equal.every((name) => alert.labels[name] === labels[name]) &&
        !(matches(source, labels) && matches(target, alert.labels));
      return matches(target, labels) && this.#alerts.some(isInhibiting);
    });
  }
}

function nameOf({ alert }: Seen): string {
  return labelText(alert.labels);
}

/** An alert in a notification. */
export function toldText(labels: LabelSet, note: string, isOver: boolean): string {
  return `${isOver ? '-' : '+'}${labelText(labels)}/${note}`;
}

export function toldLine(
  atMs: number,
  way: string,
  key: string,
  reason: string,
  alerts: readonly string[],
): string {
  return `${atMs.toFixed(0).padStart(9)} ${way} ${key} (${reason}) ${[...alerts].sort().join(' ')}`;
}
