/** Label and field selectors as an API server applies them. */

interface Selectable {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
}

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k`; '' takes all. */
export function matchesLabels(object: Selectable, selector: string): boolean {
  const labels = object.metadata.labels ?? {};
  return requirements(selector).every((requirement) => {
    const set = /^(\S+)\s+(in|notin)\s+\((.*)\)$/.exec(requirement);
    if (set) {
      const isIn = set[3]!.split(',').some((value) => value.trim() === labels[set[1]!]);
      return set[2] === 'in' ? isIn : !isIn;
    }
    const pair = /^([^=!\s]+)\s*(==|=|!=)\s*(.*)$/.exec(requirement);
    if (pair) return (labels[pair[1]!] === pair[3]!.trim()) === (pair[2] !== '!=');
    return requirement.startsWith('!') ? !(requirement.slice(1).trim() in labels) : requirement in labels;
  });
}

/** `spec.nodeName=x,status.phase!=Failed`; a field that is not there is ''. */
export function matchesFields(object: object, selector: string): boolean {
  return requirements(selector).every((requirement) => {
    const [, path = '', operator, value = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(requirement) ?? [];
    let at: unknown = object;
    for (const name of path.split('.')) at = (at as Record<string, unknown> | undefined)?.[name];
    return (String(at ?? '') === value) === (operator !== '!=');
  });
}

/** Split at commas, but for those in brackets. */
function requirements(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
