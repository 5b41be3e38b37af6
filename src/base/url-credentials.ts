/** The user name and password that a URL may have. */

/** The header that they stand for, undefined where there are none. */
export function urlAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const pair = `${decodedPart(username)}:${decodedPart(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** A part of a URL without its escapes; as it is where they are none. */
export function decodedPart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A URL as it is told of: `mask` in the place of the password that it may have. */
export function shownUrl(text: string, mask = '***'): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.password === '') return text;
  url.password = mask;
  return url.href;
}

/** As `shownUrl`, with the mask that remote storage has in its labels and messages. */
export function redacted(url: string): string {
  return shownUrl(url, 'xxxxx');
}
