/** The `Authorization` header: Basic (RFC 7617) or Bearer (RFC 6750), or what is neither. */

/** What a request says of who it is from. */
export type Presented =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string };

/** Longer than any credential; what is longer is not worth the time of hashing it. */
const HEADER_MAX_CHARS = 16 * 1024;

/** The credentials of Basic and of Bearer have one alphabet but for a few characters. */
const SCHEME_AND_VALUE = /^([A-Za-z]+) +([A-Za-z0-9\-._~+/]+=*) *$/;

export function readAuthorization(header: string | undefined): Presented {
  if (header === undefined) return { kind: 'none' };
  const [, scheme, value] = (header.length <= HEADER_MAX_CHARS && SCHEME_AND_VALUE.exec(header)) || [];
  switch (scheme?.toLowerCase()) {
    case 'basic':
      return readBasic(value!);
    case 'bearer':
      return { kind: 'bearer', token: value! };
    default:
      return { kind: 'malformed' };
  }
}

function readBasic(value: string): Presented {
  const pair = Buffer.from(value, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 0) return { kind: 'malformed' };
  return { kind: 'basic', username: pair.slice(0, colon), password: pair.slice(colon + 1) };
}
