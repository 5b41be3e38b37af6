/** How html/template escapes values: by where they stand in a page. What cannot be made safe there becomes `ZgotmplZ`. */

/** Stands for what was refused, as it does in the original. */
export const REFUSED = 'ZgotmplZ';

const TEXT: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  '&': '&amp;',
  "'": '&#39;',
  '+': '&#43;',
  '<': '&lt;',
  '>': '&gt;',
};
/** In a value without quotes. */
const UNQUOTED: Readonly<Record<string, string>> = {
  ...TEXT,
  '\0': '&#xfffd;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\v': '&#11;',
  '\f': '&#12;',
  '\r': '&#13;',
  ' ': '&#32;',
  '=': '&#61;',
  '`': '&#96;',
};

export function escapeText(text: string): string {
  return text.replace(/[\0"&'+<>]/g, (c) => TEXT[c]!);
}

/** Of what is HTML already: its references stay. */
export function escapeMarkup(html: string): string {
  return html.replace(/[\0"'+<>]/g, (c) => TEXT[c]!);
}

export function escapeUnquoted(text: string): string {
  if (text === '') return REFUSED;
  return text.replace(
    /[\0"&'+<>\t\n\v\f\r =`]|[\ufdd0-\ufdef\ufff0-\uffff]/g,
    (c) => UNQUOTED[c] ?? `&#x${c.codePointAt(0)!.toString(16)};`,
  );
}

/** The text between the tags. */
export function withoutTags(html: string): string {
  return html.replace(/<!--[\s\S]*?(?:-->|$)|<\/?[a-zA-Z](?:"[^"]*"|'[^']*'|[^'">])*(?:>|$)/g, '');
}

const SAFE_SCHEMES: ReadonlySet<string> = new Set(['http', 'https', 'mailto']);

/** At the start of a URL: other schemes than these could run something. */
export function filterUrl(text: string): string {
  const scheme = /^([^:/]*):/.exec(text)?.[1];
  return scheme === undefined || SAFE_SCHEMES.has(scheme.toLowerCase()) ? text : `#${REFUSED}`;
}

/** Of a whole URL or its first part: what structures it stays. */
export function normalizeUrl(text: string): string {
  return percentEncode(text, /%(?![0-9a-fA-F]{2})|[^A-Za-z0-9\-._~!#$&*+,/:;=?@[\]%]/gu);
}

/** Of what stands in a query or a fragment. */
export function escapeUrl(text: string): string {
  return percentEncode(text, /[^A-Za-z0-9\-._~]/gu);
}

function percentEncode(text: string, special: RegExp): string {
  return text.toWellFormed().replace(special, (c) => Buffer.from(c).toString('hex').replace(/../g, '%$&'));
}

/** A value of a style: a word, a number, a colour; nothing that could begin something else. */
export function filterCss(text: string): string {
  if (/[\0"'()/;@[\\\]`{}<>]|--/.test(text)) return REFUSED;
  const letters = text.toLowerCase().replace(/[^a-z0-9_-]/g, '');
  return letters.includes('expression') || letters.includes('mozbinding') ? REFUSED : text;
}

/** A name of an attribute that can do no harm. */
export function filterName(text: string): string {
  const name = text.toLowerCase();
  return /^[a-z0-9]+$/.test(name) && attributeKind(name) === 'plain' ? name : REFUSED;
}

export type AttributeKind = 'plain' | 'url' | 'css' | 'script' | 'unsafe';

const URL_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...['action', 'archive', 'background', 'cite', 'classid', 'codebase', 'data', 'formaction', 'href', 'icon'],
  ...['longdesc', 'manifest', 'poster', 'profile', 'src', 'srcset', 'usemap', 'xmlns'],
]);
/** Change what a page does, so no value may choose them; theirs are escaped as others. */
const UNSAFE_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...[
    'accept-charset',
    'async',
    'challenge',
    'charset',
    'content',
    'crossorigin',
    'defer',
    'enctype',
    'form',
  ],
  ...['formenctype', 'formmethod', 'formnovalidate', 'http-equiv', 'keytype', 'language', 'method'],
  ...['novalidate', 'pattern', 'rel', 'sandbox', 'srcdoc', 'type', 'value'],
]);

/** By its name in small letters. Of names that nobody knows a guess that errs on the safe side. */
export function attributeKind(name: string): AttributeKind {
  if (name.startsWith('xmlns:')) return 'url';
  const own = name.startsWith('data-') ? name.slice('data-'.length) : name.slice(name.indexOf(':') + 1);
  if (own === 'style') return 'css';
  if (URL_ATTRIBUTES.has(own)) return 'url';
  if (UNSAFE_ATTRIBUTES.has(own) || own === 'srclang') return own === 'srclang' ? 'plain' : 'unsafe';
  if (own.startsWith('on')) return 'script';
  return /src|uri|url/.test(own) ? 'url' : 'plain';
}
