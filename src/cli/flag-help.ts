/** What a help text says of each flag, for the completion of shells: they show it beside the flag. */

export interface FlagHelp {
  /** `FILE`, `DIR`, …; '' for a switch. */
  readonly placeholder: string;
  readonly text: string;
}

const FLAG_LINE = /^ {2}(?:-\w, )?(--[\w.-]+.*)$/;

/** By the flag's name. Lines of flags begin with two spaces; their text follows after two more, or stands in the next line. */
export function flagHelps(usage: string): ReadonlyMap<string, FlagHelp> {
  const helps = new Map<string, FlagHelp>();
  const lines = usage.split('\n');
  for (const [at, line] of lines.entries()) {
    const found = FLAG_LINE.exec(line)?.[1];
    if (found === undefined) continue;
    const [head = '', ...rest] = found.split(/ {2,}/);
    const next = lines[at + 1] ?? '';
    const text = rest.length > 0 ? rest.join(' ') : /^ {8,}\S/.test(next) ? next.trim() : '';
    const placeholder =
      / ('?[A-Z][A-Z:_ |-]*[\w[\]'.:|-]*)/.exec(head.replaceAll(/--[\w.-]+,?|-\w\b,?/g, ''))?.[1] ?? '';
    for (const [, name] of head.matchAll(/--([\w.-]+)/g)) {
      if (!helps.has(name!)) helps.set(name!, { placeholder: placeholder.trim(), text });
    }
  }
  return helps;
}
