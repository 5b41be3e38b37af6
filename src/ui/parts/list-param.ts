/** Several texts in one parameter of an address, readable there where they are plain words. */

export function readList(text: string | null): readonly string[] {
  return (text ?? '')
    .split(',')
    .filter((part) => part !== '')
    .map(decoded);
}

/** Undefined for none, which takes the parameter away. */
export function writeList(items: readonly string[]): string | undefined {
  const text = items.map((item) => item.replace(/[%,]/g, encodeURIComponent)).join(',');
  return text === '' ? undefined : text;
}

function decoded(part: string): string {
  return part.replace(/%25|%2C/gi, decodeURIComponent);
}
