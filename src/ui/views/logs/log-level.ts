/** Levels of lines: how they are called, coloured and ordered. */

import type { Labels } from '../../../model/correlate/labels.ts';

export type Level = 'critical' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'unknown';

interface LevelLook {
  /** Of bars in graphs. */
  readonly colour: string;
  readonly short: string;
}

/** The gravest first. */
export const LEVELS: Readonly<Record<Level, LevelLook>> = {
  critical: { colour: '#a855c7', short: 'crit' },
  error: { colour: '#d4553f', short: 'error' },
  warn: { colour: '#e0a02b', short: 'warn' },
  info: { colour: '#2f9e76', short: 'info' },
  debug: { colour: '#3b82c4', short: 'debug' },
  trace: { colour: '#4aa3b5', short: 'trace' },
  unknown: { colour: '#8a94a3', short: '' },
};

const NAMES: Readonly<Record<string, Level>> = {
  emerg: 'critical',
  emergency: 'critical',
  alert: 'critical',
  fatal: 'critical',
  panic: 'critical',
  crit: 'critical',
  critical: 'critical',
  err: 'error',
  eror: 'error',
  error: 'error',
  warn: 'warn',
  wrn: 'warn',
  warning: 'warn',
  info: 'info',
  inf: 'info',
  information: 'info',
  notice: 'info',
  debug: 'debug',
  dbg: 'debug',
  trace: 'trace',
  trc: 'trace',
};

/** The most telling first; the server finds `detected_level` in the line where nothing else says. */
const LEVEL_LABELS: readonly string[] = ['detected_level', 'level', 'severity', 'severity_text', 'lvl'];

export function levelNamed(text: string): Level {
  const name = text.toLowerCase();
  return Object.hasOwn(NAMES, name) ? NAMES[name]! : 'unknown';
}

export function levelOf(labels: Labels): Level {
  for (const label of LEVEL_LABELS) {
    const value = labels[label];
    if (value !== undefined && levelNamed(value) !== 'unknown') return levelNamed(value);
  }
  return 'unknown';
}
