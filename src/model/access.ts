/**
 * Who may do what. A scope is a kind of right; an endpoint asks for one, or is open to all; a credential has some, for all
 * tenants or for those that it names. Without any settings of access nobody is asked who he is.
 */

/**
 * `ingest`: bring data. `read`: ask for what is stored, and for what this server tells of itself. `admin`: change or end what
 * others brought, wrote or configured.
 */
export type Scope = 'ingest' | 'read' | 'admin';

export const SCOPES: readonly Scope[] = ['ingest', 'read', 'admin'];

/** What an endpoint asks for; `open` are those that say no more than that there is a server. */
export type Access = Scope | 'open';

/** Exactly one of them; a file and a variable are read again when they are asked for. */
export type PlainSecret =
  | { readonly value: string }
  | { readonly file: string }
  /** Of the environment. */
  | { readonly variable: string };

export type PasswordSecret =
  | PlainSecret
  /** The password's hash. */
  | { readonly bcrypt: string };

interface Rights {
  readonly scopes: readonly Scope[];
  /** Undefined: all. */
  readonly tenants: readonly string[] | undefined;
}

/** Basic authentication. */
export interface UserCredential extends Rights {
  readonly username: string;
  readonly password: PasswordSecret;
}

/** Bearer authentication. */
export interface TokenCredential extends Rights {
  /** For logs and counts, where the token is never shown. */
  readonly name: string;
  readonly token: PlainSecret;
}

/** A client's certificate, verified, by its common name or one of its subject alternative names. */
export interface CertificateCredential extends Rights {
  readonly subject: string;
}

/** Whom the server knows, and what each of them may do. A credential has one scope at least, and names each tenant once. */
export interface AuthSettings {
  readonly users: readonly UserCredential[];
  readonly tokens: readonly TokenCredential[];
  readonly certificates: readonly CertificateCredential[];
  /** What requests without credentials may do. */
  readonly anonymous: readonly Scope[];
  /** Wrong credentials that an address may bring in a minute before it has to wait; 0: as many as it likes. */
  readonly wrongAttemptsPerMinute?: number | undefined;
  /** Where the file names tenants first, for who complains that none are told apart. */
  readonly tenantsPosition?: string | undefined;
}

/** Whose request it is, once that is known. */
export interface Caller extends Rights {
  /** The username, the token's name, the certificate's subject; undefined: without credentials. */
  readonly name: string | undefined;
}
