/**
 * The web page: one document at the paths of all its views (Prometheus' and Jaeger's page paths among them), and the files
 * that it names. Files come from the build, are read when a browser first asks, and never change under their names.
 */

import { gunzipSync } from 'node:zlib';
import { utf8Encode } from '../base/bytes.ts';
import type { ServiceAnswer, ServiceRequest } from '../query/service.ts';
import { notFoundAnswer } from './error-answer.ts';
import type { HandledRoute, Pages } from './route.ts';

/** A file that the server shows at its own time, which is what the page goes by then. */
export interface ShownFile {
  readonly title: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Gives a file of the built page by its name; undefined where there is none. */
export type PageFiles = (name: string) => Uint8Array | undefined;

const PAGE_PATHS: ReadonlySet<string> = new Set([
  '/',
  '/graph',
  '/query',
  '/logs',
  '/search',
  '/map',
  '/dependencies',
  '/targets',
  '/service-discovery',
  '/rules',
  '/alerts',
  '/alerts/groups',
  '/alerts/silences',
  '/alerts/route',
  '/alerts/notifications',
  '/storage',
  '/tsdb-status',
  '/doctor',
  '/config',
  '/flags',
]);
/** The one view with something behind its path. */
const TRACE_PATH = /^\/trace\/[^/]+$/;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** What the page may load: its own files. Its editor and its graphs write styles. */
const DOCUMENT_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-cache',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'",
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
};
const FILE_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'public, max-age=31536000, immutable',
  Vary: 'Accept-Encoding',
  'X-Content-Type-Options': 'nosniff',
};

/** Names that the build gives; anything else is none of its files. */
const FILE_NAME = /^[\w-]+\.(js|css|svg)$/;

/** The page's files. */
export function pageRoutes(files: PageFiles): HandledRoute[] {
  const handle = (request: ServiceRequest) => file(files, request);
  return [{ access: 'read', methods: ['GET'], path: '/ui/:name', tenants: 'none', handle }];
}

/** The document, at its views' paths. They are no endpoints: mounting each would cost a start 1.5 ms. */
export function pages(files: PageFiles, shown?: ShownFile): Pages {
  const handle = (request: ServiceRequest) => documentAt(files, shown, request);
  return {
    // The page is no secret, but without the right what it asks for would be refused: the browser shall ask who it is first.
    access: 'read',
    paths: [...PAGE_PATHS],
    at: (path) => (PAGE_PATHS.has(path) || TRACE_PATH.test(path) ? handle : undefined),
  };
}

/** The document knows where its root is by how deep its path is, behind whatever prefix a proxy has put before it. */
function documentAt(
  files: PageFiles,
  shown: ShownFile | undefined,
  { client }: ServiceRequest,
): ServiceAnswer {
  const page = files('index.html');
  if (!page) return notFoundAnswer();
  const depth = (client?.path ?? '/').split('/').length - 2;
  const base = depth <= 0 ? './' : '../'.repeat(depth);
  const text = new TextDecoder()
    .decode(page)
    .replace('{{base}}', base)
    .replace('</head>', () => `${metaOf(shown)}</head>`);
  return {
    status: 200,
    contentType: 'text/html; charset=utf-8',
    headers: DOCUMENT_HEADERS,
    body: utf8Encode(text),
  };
}

/** What `src/ui/time/now.ts` reads. */
function metaOf(shown: ShownFile | undefined): string {
  if (!shown) return '';
  const { title, startMs, endMs } = shown;
  const text = JSON.stringify({ title, startMs, endMs });
  const escaped = text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  return `<meta name="trilite-shown" content="${escaped}">`;
}

function file(files: PageFiles, { path, headers }: ServiceRequest): ServiceAnswer {
  const name = path.name ?? '';
  const extension = FILE_NAME.exec(name)?.[1];
  if (extension === undefined) return notFoundAnswer();
  const packed = files(`${name}.gz`);
  const contentType = CONTENT_TYPES[extension]!;
  if (packed && /\bgzip\b/.test(headers['accept-encoding'] ?? '')) {
    const coded = { ...FILE_HEADERS, 'Content-Encoding': 'gzip' };
    return { status: 200, contentType, headers: coded, body: packed };
  }
  const body = files(name) ?? (packed && gunzipSync(packed));
  return body ? { status: 200, contentType, headers: FILE_HEADERS, body } : notFoundAnswer();
}
