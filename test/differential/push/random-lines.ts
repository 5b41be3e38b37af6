/** Random lines with and without levels in them, in the forms in which a level is looked for. */

import type { Random } from '../../../src/bench/random.ts';

export const LEVEL_KEYS = [
  'level',
  'LEVEL',
  'Level',
  'log.level',
  'severity',
  'SEVERITY',
  'Severity',
  'SeverityText',
  'lvl',
  'LVL',
  'Lvl',
  'severity_text',
  'Severity_Text',
  'SEVERITY_TEXT',
  'lEvel',
  'levels',
  'msg',
] as const;
export const LEVELS = [
  'trace',
  'TRC',
  'debug',
  'dbg',
  'info',
  'INF',
  'information',
  'Warn',
  'wrn',
  'WARNING',
  'error',
  'err',
  'ERROR',
  'critical',
  'fatal',
  'notice',
  'warnings',
  '',
  '7',
  'Err ',
  'ERRoR',
] as const;
const WORDS = [
  'request',
  'took',
  '12ms',
  'errors',
  'no error',
  'error:',
  '[error]',
  '(warn)',
  '"info"',
  'misc:error',
  'error/x',
  'ERROR!',
  "'debug'",
  '|fatal|',
  'critical,',
  'xerror',
  'tracer',
  'trace=',
  '=trace',
  '{info}',
  'warning\t',
  'é',
  '日本',
  '🙂',
  '\u0130nfo',
  'ſ',
  'err',
  'é error',
  'a=b',
  'level',
  'level:error',
  'level=',
  'lvl="err"',
  '\\',
  '"',
] as const;

function jsonValue(random: Random, depth: number): string {
  switch (random.int(depth > 3 ? 5 : 8)) {
    case 0:
      return String(random.int(100));
    case 1:
      return random.pick(['true', 'null', '1.5e3']);
    case 2:
    case 3:
    case 4:
      return JSON.stringify(random.pick(random.chance(0.6) ? LEVELS : WORDS));
    case 5:
      return `[${JSON.stringify(random.pick(LEVELS))}, ${jsonObject(random, depth + 1)}]`;
    default:
      return jsonObject(random, depth + 1);
  }
}

function jsonObject(random: Random, depth: number): string {
  const members = Array.from({ length: random.int(4) }, () => {
    const key = random.chance(0.4) ? random.pick(LEVEL_KEYS) : random.pick(WORDS);
    return `${JSON.stringify(key)}${random.pick([':', ' : '])}${jsonValue(random, depth)}`;
  });
  return `{${members.join(random.pick([',', ', ', ' ,\n']))}}`;
}

function logfmt(random: Random): string {
  const pairs = Array.from({ length: 1 + random.int(4) }, () => {
    const key = random.chance(0.5) ? random.pick(LEVEL_KEYS) : random.pick(WORDS);
    const value = random.pick(random.chance(0.6) ? LEVELS : WORDS);
    return random.pick([`${key}=${value}`, `${key}=${JSON.stringify(value)}`, key, `${key}="${value}`]);
  });
  return pairs.join(' ');
}

/** Something that only looks like what it begins with. */
function broken(random: Random, text: string): string {
  // By characters: half of one is no JSON.
  const characters = [...text];
  const cut = random.int(characters.length + 1);
  const before = characters.slice(0, cut).join('');
  const after = characters.slice(cut).join('');
  return random.pick([before, after, before + random.pick(WORDS) + after]);
}

export function randomLine(random: Random): string {
  const kind = random.int(10);
  if (kind === 0) return random.pick(['', ' ', '\n', '{}', '{', '=', 'plain', 'x'.repeat(300)]);
  if (kind < 4) {
    const text = jsonObject(random, 0);
    const line = random.chance(0.3) ? broken(random, text) : text;
    return random.chance(0.2) ? ` ${line}\n` : line;
  }
  if (kind < 7) return random.chance(0.3) ? broken(random, logfmt(random)) : logfmt(random);
  return Array.from({ length: 1 + random.int(6) }, () => random.pick(WORDS)).join(
    random.pick([' ', '  ', ',']),
  );
}
