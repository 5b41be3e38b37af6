/**
 * Multiwindow, multi-burn-rate alerts (Google's SRE workbook, chapter 5): an alert fires where a share of the budget went in a long
 * window, and goes on going in a short one of a twelfth, which ends the alert soon after what it is about.
 */

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../model/duration.ts';

export interface BurnWindow {
  readonly shortMs: number;
  readonly longMs: number;
  /** Of the whole budget, in percent, that may go in the long window. */
  readonly budgetPercent: number;
}

/** Either of the two makes the alert fire. */
export interface BurnPair {
  readonly quick: BurnWindow;
  readonly slow: BurnWindow;
}

export interface BurnWindows {
  readonly page: BurnPair;
  readonly ticket: BurnPair;
}

function burnWindows(
  ...[pageQuick, pageSlow, ticketQuick, ticketSlow]: [number, number, number, number]
): BurnWindows {
  return {
    page: {
      quick: { shortMs: 5 * MINUTE_MS, longMs: HOUR_MS, budgetPercent: pageQuick },
      slow: { shortMs: 30 * MINUTE_MS, longMs: 6 * HOUR_MS, budgetPercent: pageSlow },
    },
    ticket: {
      quick: { shortMs: 2 * HOUR_MS, longMs: DAY_MS, budgetPercent: ticketQuick },
      slow: { shortMs: 6 * HOUR_MS, longMs: 3 * DAY_MS, budgetPercent: ticketSlow },
    },
  };
}

const MONTHLY = burnWindows(2, 5, 10, 10);

/**
 * By the window of the objective. In a week three days are 43 % of the budget where all is as planned, so its shares are larger:
 * those of a month would tell of services that keep their objective.
 */
export const SLO_WINDOWS: ReadonlyMap<number, BurnWindows> = new Map([
  [7 * DAY_MS, burnWindows(8, 12.5, 20, 43)],
  [28 * DAY_MS, MONTHLY],
  [30 * DAY_MS, MONTHLY],
  [90 * DAY_MS, MONTHLY],
]);

/** How much faster than planned the budget goes where the share of it goes in the long window: 14.4 for 2 % of 30 days in an hour. */
export function burnRate({ budgetPercent, longMs }: BurnWindow, sloWindowMs: number): number {
  // Hours, and in this order: so the digits are those of other generators.
  const budgetHours = (budgetPercent * (sloWindowMs / HOUR_MS)) / 100;
  return budgetHours / (longMs / HOUR_MS);
}

/** Every window that is looked at, shortest first. */
export function recordedWindows({ page, ticket }: BurnWindows): readonly number[] {
  const pairs = [page.quick, page.slow, ticket.quick, ticket.slow];
  return [...new Set(pairs.flatMap(({ shortMs, longMs }) => [shortMs, longMs]))].sort((a, b) => a - b);
}
