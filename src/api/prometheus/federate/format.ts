/**
 * Which exposition format a scraper gets, by its `Accept` header: protobuf where it asks for delimited messages, else text
 * 0.0.4; and how names are written that the format's older readers do not know.
 */

export const NAME_ESCAPINGS = ['underscores', 'dots', 'values', 'allow-utf-8'] as const;
export type NameEscaping = (typeof NAME_ESCAPINGS)[number];

export interface ExpositionFormat {
  readonly form: 'text' | 'protobuf';
  readonly escaping: NameEscaping;
}

const PROTOBUF_TYPE = 'application/vnd.google.protobuf';
const PROTOBUF_MESSAGE = 'io.prometheus.client.MetricFamily';
const DELIMITED = 'delimited';

export function contentTypeOf({ form, escaping }: ExpositionFormat): string {
  return form === 'text'
    ? `text/plain; version=0.0.4; charset=utf-8; escaping=${escaping}`
    : `${PROTOBUF_TYPE}; proto=${PROTOBUF_MESSAGE}; encoding=${DELIMITED}; escaping=${escaping}`;
}

interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

function clausesOf(accept: string): Clause[] {
  const clauses = accept.split(',').map((clause) => {
    const [type, ...rest] = clause.split(';').map((part) => part.trim());
    const parameters = new Map(rest.map((part) => part.split('=', 2) as [string, string]));
    const quality = Number(parameters.get('q') ?? 1);
    return { type: type!, parameters, quality: Number.isNaN(quality) ? 1 : quality };
  });
  return clauses.sort((a, b) => b.quality - a.quality);
}

/** The first that is served, in the client's order; an escaping holds from the clause that names it on. */
export function negotiate(accept: string | undefined): ExpositionFormat {
  let escaping: NameEscaping = 'underscores';
  for (const { type, parameters } of clausesOf(accept ?? '')) {
    const asked = parameters.get('escaping');
    escaping = NAME_ESCAPINGS.find((known) => known === asked) ?? escaping;
    const isMessage = parameters.get('proto') === PROTOBUF_MESSAGE;
    if (type === PROTOBUF_TYPE && isMessage && parameters.get('encoding') === DELIMITED) {
      return { form: 'protobuf', escaping };
    }
    const version = parameters.get('version') ?? '0.0.4';
    if (type === 'text/plain' && version === '0.0.4') break;
  }
  return { form: 'text', escaping };
}

/** Whether readers of the older formats know the name. */
export function isPlainName(name: string): boolean {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
}

/** The name as the scraper wants it; a plain one as it is. */
export function escapeName(name: string, escaping: NameEscaping): string {
  if (escaping === 'allow-utf-8' || isPlainName(name)) return name;
  const write = WRITE_FOREIGN[escaping];
  const isKept = (c: string, i: number) => c !== '_' && isPlainName(i === 0 ? c : `_${c}`);
  const escaped = [...name].map((c, i) => (isKept(c, i) ? c : write(c))).join('');
  return escaping === 'values' ? `U__${escaped}` : escaped;
}

/** Characters that a plain name cannot have, and the underscore, which some of them are written with. */
const WRITE_FOREIGN: Readonly<Record<Exclude<NameEscaping, 'allow-utf-8'>, (c: string) => string>> = {
  underscores: () => '_',
  dots: (c) => (c === '.' ? '_dot_' : '__'),
  values: (c) => (c === '_' ? '__' : `_${hexOf(c)}_`),
};

/** A surrogate that stands alone is no character. */
function hexOf(character: string): string {
  const code = character.codePointAt(0)!;
  return code >= 0xd800 && code < 0xe000 ? 'FFFD' : code.toString(16);
}
