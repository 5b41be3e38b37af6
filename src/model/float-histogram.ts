/** Arithmetic on native histograms. */
import type { Histogram } from './histogram.ts';
export function histogramsEqual(_a: Histogram, _b: Histogram): boolean { return false; }
export function isHistogramReset(_current: Histogram, _previous: Histogram): boolean { return false; }
export function histogramText(_h: Histogram): string { return ''; }
