/**
 * Which format an exposition is in, by its content type: the media type alone decides, what else the header says
 * (`version`, `escaping`) changes nothing. A header that is missing, broken or of another type leaves it to the job's
 * `fallback_scrape_protocol`.
 */

import { type ExpositionFormat, expositionFormat } from '../ingest/decode/exposition.ts';
import { TriliteError } from '../model/errors.ts';
import type { ScrapeProtocol } from './scrape-config.ts';

/** RFC 7230's token: what types, parameter names and bare values are made of. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+/;
const QUOTED = /^"(?:[^"\\\r\n]|\\[^\r\n])*"/;

/** Throws `unsupported` where neither the header nor the fallback names a format. */
export function chooseFormat(contentType: string, fallback: ScrapeProtocol | undefined): ExpositionFormat {
  const problem = contentType === '' ? undefined : mediaTypeProblem(contentType);
  const found = problem === undefined ? expositionFormat(contentType) : undefined;
  if (found !== undefined) return found;
  if (fallback !== undefined) return formatOf(fallback);
  throw new TriliteError('unsupported', complaint(contentType, problem));
}

function complaint(contentType: string, problem: string | undefined): string {
  if (contentType === '') {
    return 'non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target';
  }
  const quoted = JSON.stringify(contentType);
  if (problem !== undefined) {
    return `cannot parse Content-Type ${quoted} and no fallback_scrape_protocol for target\n${problem}`;
  }
  return `received unsupported Content-Type ${quoted} and no fallback_scrape_protocol specified for target`;
}

function formatOf(protocol: ScrapeProtocol): ExpositionFormat {
  if (protocol === 'PrometheusProto') return 'protobuf';
  return protocol.startsWith('OpenMetrics') ? 'openmetrics' : 'text';
}

/** Why the header is no media type with parameters, in the words of Go; undefined where it is one. */
export function mediaTypeProblem(header: string): string | undefined {
  const [base, ...more] = header.split(';');
  const essence = base!.trim();
  const type = TOKEN.exec(essence)?.[0];
  if (type === undefined) return 'mime: no media type';
  const afterType = essence.slice(type.length);
  if (afterType !== '') {
    if (!afterType.startsWith('/')) return 'mime: expected slash after first token';
    const subtype = TOKEN.exec(afterType.slice(1))?.[0];
    if (subtype === undefined) return 'mime: expected token after slash';
    if (subtype.length + 1 < afterType.length) return 'mime: unexpected content after media subtype';
  }
  return more.length === 0 ? undefined : parametersProblem(header.slice(base!.length));
}

/** `text`: `;name=value` repeated, blanks between; a semicolon at the end is fine. */
function parametersProblem(text: string): string | undefined {
  const seen = new Set<string>();
  let rest = text;
  while (rest !== '') {
    if (rest.trim() === ';' || rest.trim() === '') return undefined;
    const name = /^\s*;\s*/.exec(rest);
    const token = name && TOKEN.exec(rest.slice(name[0].length))?.[0].toLowerCase();
    if (!name || token === null || token === undefined) return 'mime: invalid media parameter';
    rest = rest.slice(name[0].length + token.length).trimStart();
    const value = rest.startsWith('=') ? rest.slice(1).trimStart() : '';
    const taken = (QUOTED.exec(value) ?? TOKEN.exec(value))?.[0];
    if (taken === undefined) return 'mime: invalid media parameter';
    if (seen.has(token)) return 'mime: duplicate parameter name';
    seen.add(token);
    rest = value.slice(taken.length).trimStart();
  }
  return undefined;
}
