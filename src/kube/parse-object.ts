/**
 * Objects as an API server writes them. Members that are `null` are left out: servers write some empty lists so, and a member that is not
 * there says the same.
 */

const MAY_HAVE_NULL = /[:[,]\s*null/;

/** Throws `SyntaxError`. */
export function parseObject<T>(text: string): T {
  const value: unknown = JSON.parse(text);
  // Most have none, and looking at a text is much cheaper than at everything that it says.
  if (MAY_HAVE_NULL.test(text)) dropNulls(value);
  return value as T;
}

function dropNulls(value: unknown): void {
  if (Array.isArray(value)) {
    const kept = value.filter((item) => item !== null);
    value.splice(0, value.length, ...kept);
    for (const item of kept) dropNulls(item);
  } else if (typeof value === 'object' && value !== null) {
    const members = value as Record<string, unknown>;
    for (const [name, member] of Object.entries(members)) {
      if (member === null) delete members[name];
      else dropNulls(member);
    }
  }
}
