/** Whether Go takes a text for the target of a request: a URL with a scheme, or a path. */

const ESCAPE_FAULT = /%(?![0-9a-fA-F]{2})/;
/** What no host has, and no host's port. */
const HOST_FAULT = /[\s<>"^`{}|\\]|:[^:\]]*[^0-9:\]][^:\]]*$/;

export function isRequestUri(text: string): boolean {
  if (Array.from(text).some((c) => c < ' ' || c === '\x7f')) return false;
  const scheme = /^[a-zA-Z][a-zA-Z0-9+.-]*:/.exec(text)?.[0];
  const rest = text.slice(scheme?.length ?? 0).split('?', 1)[0]!;
  if (!rest.startsWith('/')) return scheme !== undefined || text === '*';
  if (scheme === undefined || !rest.startsWith('//')) return !ESCAPE_FAULT.test(rest);
  const end = rest.indexOf('/', 2);
  const authority = end < 0 ? rest.slice(2) : rest.slice(2, end);
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  return !HOST_FAULT.test(host) && !ESCAPE_FAULT.test(end < 0 ? '' : rest.slice(end));
}
