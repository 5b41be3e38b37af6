/** Patterns of file names, as Go's `path/filepath` has them: `*`, `?`, `[a-z]`, and a backslash before what is meant as it stands. */

/**
 * The source of a regular expression for one name, undefined where a class does not close. `negations`: the characters that
 * negate a class at its beginning.
 */
export function namePatternSource(part: string, negations: string): string | undefined {
  let out = '';
  for (let i = 0; i < part.length; i++) {
    const c = part[i]!;
    if (c === '*') out += '[^/]*';
    else if (c === '?') out += '[^/]';
    else if (c === '\\') out += escaped(part[++i] ?? '\\');
    else if (c === '[') {
      const end = part.indexOf(']', i + 2);
      if (end < 0) return undefined;
      const inner = part.slice(i + 1, end);
      const isNegated = inner !== '' && negations.includes(inner[0]!);
      out += `[${isNegated ? '^/' : ''}${inner.slice(isNegated ? 1 : 0).replace(/[[&~|\\]/g, '\\$&')}]`;
      i = end;
    } else out += escaped(c);
  }
  return out;
}

function escaped(c: string): string {
  return c.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
