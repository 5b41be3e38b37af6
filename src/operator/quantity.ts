/** Quantities of Kubernetes (`1.1`, `1100m`, `2Ki`) as numbers. */

import { TriliteError } from '../model/errors.ts';

const SUFFIXES: Readonly<Record<string, number>> = {
  '': 1,
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** Throws `bad_data` where it is none. */
export function parseQuantity(text: string): number {
  const [, digits, exponent, suffix] =
    /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([A-Za-z]{0,2}))$/.exec(text) ?? [];
  const factor = Object.hasOwn(SUFFIXES, suffix ?? '') ? SUFFIXES[suffix ?? ''] : undefined;
  if (digits === undefined || factor === undefined) {
    throw new TriliteError('bad_data', `${JSON.stringify(text)} is not a quantity`);
  }
  const value = Number(digits + (exponent ?? ''));
  // What divides exactly must: 1100m is 1.1.
  return factor < 1 ? value / Math.round(1 / factor) : value * factor;
}
