/**
 * How large a pattern's program becomes by its counted repetitions, estimated before it is compiled. Go's bound of what an
 * expression may repeat to is 3 million instructions, which it compiles in a moment; here each costs some 2 KB and 15 µs while
 * the program is made, so that one short pattern would take half a gigabyte. Text is not counted, however long: a
 * dashboard may join thousands of names.
 */

/** Instructions that repetitions may add. Patterns that people write stay below a hundredth of it. */
export const REPEATED_MAX = 20_000;

/** Whether the repetitions of `pattern` make more of it than is compiled. Malformed patterns are for the compiler to judge. */
export function repeatsTooMuch(pattern: string): boolean {
  if (!pattern.includes('{')) return false;
  // Sizes of the groups that are open, and of the atom before the position.
  const open: number[] = [];
  let group = 0;
  let atom = 0;
  let added = 0;
  for (let i = 0; i < pattern.length; i++) {
    switch (pattern[i]) {
      case '\\':
        i = escapeEnd(pattern, i);
        atom = 1;
        break;
      case '[':
        i = classEnd(pattern, i);
        atom = 1;
        break;
      case '(':
        open.push(group);
        group = 0;
        continue;
      case ')':
        atom = group + 2;
        group = open.pop() ?? 0;
        break;
      case '{': {
        const count = repetition(pattern, i);
        if (!count) {
          atom = 1;
          break;
        }
        i += count.length - 1;
        const more = atom * Math.max(0, count.times - 1);
        added += more;
        if (added > REPEATED_MAX) return true;
        group += more;
        atom += more;
        continue;
      }
      default:
        atom = 1;
    }
    group += atom;
  }
  return false;
}

/** `{n}`, `{n,}` or `{n,m}` at `at`: how many copies it makes, an optional one being two. */
function repetition(
  pattern: string,
  at: number,
): { readonly length: number; readonly times: number } | undefined {
  const found = /^\{(\d{1,9})(,(\d{0,9}))?\}/.exec(pattern.slice(at, at + 24));
  if (!found) return undefined;
  const least = Number(found[1]);
  const most = found[3] ? Number(found[3]) : least + (found[2] ? 1 : 0);
  return { length: found[0].length, times: least + 2 * Math.max(0, most - least) };
}

/** The last character of an escape: `\pL`, `\p{Greek}`, `\Q…\E`, `\x{41}`, or one character. */
function escapeEnd(pattern: string, at: number): number {
  const next = pattern[at + 1];
  if (next === 'Q') {
    const end = pattern.indexOf('\\E', at);
    return end < 0 ? pattern.length : end + 1;
  }
  if ((next === 'p' || next === 'P' || next === 'x') && pattern[at + 2] === '{') {
    const end = pattern.indexOf('}', at);
    return end < 0 ? pattern.length : end;
  }
  return at + 1;
}

/** The bracket that closes a class; one right at its start is a member. */
function classEnd(pattern: string, at: number): number {
  let i = at + 1;
  if (pattern[i] === '^') i++;
  if (pattern[i] === ']') i++;
  for (; i < pattern.length; i++) {
    if (pattern[i] === '\\') i++;
    else if (pattern[i] === '[' && pattern[i + 1] === ':') {
      const end = pattern.indexOf(':]', i);
      if (end > 0) i = end + 1;
    } else if (pattern[i] === ']') return i;
  }
  return pattern.length;
}
