/** The names that a client's certificate gives it: common name and subject alternative names. */

import type { PeerCertificate } from 'node:tls';

/** Values in which a comma could be taken for the next name are quoted, as JSON is. */
const ALTERNATIVE_NAME = /(?:^|, )(?:DNS|IP Address|URI|email):("(?:[^"\\]|\\.)*"|[^,"]*)(?=, |$)/g;

/** None of a connection without a certificate, and none of one that was not verified. */
export function certificateNames(socket: object | null | undefined): readonly string[] {
  const { authorized, getPeerCertificate } = (socket ?? {}) as {
    authorized?: boolean;
    getPeerCertificate?: () => PeerCertificate;
  };
  if (authorized !== true || getPeerCertificate === undefined) return [];
  return namesOf(getPeerCertificate.call(socket));
}

/** Of a certificate that was verified. */
export function namesOf({ subject, subjectaltname }: Partial<PeerCertificate>): readonly string[] {
  const common = subject?.CN as string | readonly string[] | undefined;
  const alternative = [...(subjectaltname ?? '').matchAll(ALTERNATIVE_NAME)].map(([, name]) =>
    name!.startsWith('"') ? (JSON.parse(name!) as string) : name!,
  );
  return [common ?? [], alternative].flat();
}
