/** Addresses of HTTP in a text of data, which may be followed; nothing else becomes a link, whatever it says. */

export interface TextPiece {
  readonly text: string;
  readonly isLink: boolean;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`]+/gi;
/** Ends of a sentence or a bracket rather than of an address. */
const TRAILING = /[.,;:!?)\]}]+$/;

/** Together they are the text. */
export function textPieces(text: string): readonly TextPiece[] {
  const out: TextPiece[] = [];
  let done = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[0].replace(TRAILING, '');
    if (!URL.canParse(address)) continue;
    if (match.index > done) out.push({ text: text.slice(done, match.index), isLink: false });
    out.push({ text: address, isLink: true });
    done = match.index + address.length;
  }
  if (done < text.length) out.push({ text: text.slice(done), isLink: false });
  return out;
}

/** The address where it is one of HTTP. */
export function httpAddress(text: string): string | undefined {
  return /^https?:\/\//i.test(text) && URL.canParse(text) ? text : undefined;
}
