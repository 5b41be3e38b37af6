/** A mail's text (RFC 5322): headers, and a body of which plain text and a page are the alternatives. All of it is ASCII. */

import { randomBytes } from 'node:crypto';

export interface MailParts {
  /** Name → value, which may have any characters. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** '' is none. */
  readonly text: string;
  readonly html: string;
}

/** Lines end with CRLF. */
export function mailMessage({ headers, text, html }: MailParts): string {
  const boundary = randomBytes(30).toString('hex');
  const lines = headers.map(([name, value]) => `${name}: ${encodeHeader(value)}`);
  lines.push(`Content-Type: multipart/alternative; boundary=${boundary}`, 'MIME-Version: 1.0', '');
  // The one that is preferred comes last (RFC 2046, 5.1.4).
  if (text !== '') lines.push(...part(boundary, 'text/plain', text));
  if (html !== '') lines.push(...part(boundary, 'text/html', html));
  lines.push(`--${boundary}--`);
  return lines.join('\r\n');
}

function part(boundary: string, type: string, body: string): string[] {
  const encoding = 'Content-Transfer-Encoding: quoted-printable';
  return [`--${boundary}`, encoding, `Content-Type: ${type}; charset=UTF-8`, '', quotedPrintable(body)];
}

/** Of an encoded word, between its `=?utf-8?q?` and `?=` (RFC 2047 allows 75 characters in all). */
const WORD_CHARS_MAX = 63;

/** What is not plain ASCII, line breaks among it, becomes encoded words. */
export function encodeHeader(value: string): string {
  if (/^[\t -~]*$/.test(value)) return value;
  const words: string[] = [];
  let word = '';
  for (const rune of value.toWellFormed()) {
    const encoded = rune === ' ' ? '_' : /^[!-<>@-^`-~]$/.test(rune) ? rune : percentless(rune);
    if (word.length + encoded.length > WORD_CHARS_MAX) {
      words.push(word);
      word = '';
    }
    word += encoded;
  }
  words.push(word);
  return words.map((each) => `=?utf-8?q?${each}?=`).join('\r\n ');
}

function percentless(rune: string): string {
  return Buffer.from(rune).toString('hex').toUpperCase().replace(/../g, '=$&');
}

const LINE_CHARS_MAX = 76;

/** RFC 2045, 6.7. */
export function quotedPrintable(text: string): string {
  return text
    .toWellFormed()
    .split(/\r\n|\r|\n/)
    .map(quotedLine)
    .join('\r\n');
}

function quotedLine(line: string): string {
  let out = '';
  let length = 0;
  const runes = [...line];
  for (const [i, rune] of runes.entries()) {
    const isLast = i === runes.length - 1;
    const isBlank = rune === ' ' || rune === '\t';
    const stays = /^[!-<>-~]$/.test(rune) || (isBlank && !isLast);
    const encoded = stays ? rune : percentless(rune);
    if (length + encoded.length > LINE_CHARS_MAX - (isLast ? 0 : 1)) {
      out += '=\r\n';
      length = 0;
    }
    out += encoded;
    length += encoded.length;
  }
  return out;
}

/** The addresses of a list such as `Ops <ops@example.com>, "B, C" <b@example.com>`. Throws where one is none. */
export function parseAddresses(list: string): string[] {
  return splitList(list).map((item) => {
    const text = item.trim();
    const address = /<([^<>]*)>\s*(?:\([^)]*\))?$/.exec(text)?.[1] ?? text.replace(/\s*\([^)]*\)$/, '');
    if (text === '') throw new Error('mail: no address');
    if (
      !/^(?:[^\s"(),:;<>@[\\\]]+|"(?:[^"\\\r\n]|\\.)*")@(?:[^\s"(),:;<>@[\\\]]+|\[[^\s[\]\\]*\])$/.test(
        address,
      )
    ) {
      throw new Error(`mail: missing '@' or angle-addr`);
    }
    return address;
  });
}

/** At commas that stand outside of quotes, angles and comments. */
function splitList(list: string): string[] {
  const items = [...list.matchAll(/((?:"(?:[^"\\]|\\.)*"|<[^>]*>|\([^)]*\)|[^,])*)(?:,|$)/g)];
  // The last match is the empty one at the end, unless the list ends with a comma.
  const isOver = items.at(-1)![0] === '' && !list.trimEnd().endsWith(',');
  return items.slice(0, isOver && items.length > 1 ? -1 : undefined).map(([, item]) => item!);
}
