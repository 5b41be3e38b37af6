/** Web configurations, and what Prometheus 3.14 says of each where it refuses it. Files are those of the test's folder. */

export interface WebConfigCase {
  readonly text: string;
  /** Undefined: it is taken. '': refused in words of its YAML parser. */
  readonly refusal?: string;
  /** Taken by the original, which then serves nobody; refused here. */
  readonly isStricter?: true;
}

const PAIR = 'cert_file: server.crt, key_file: server.key';
const HASH = '$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi';
const tls = (rest: string) => `tls_server_config: {${PAIR}${rest === '' ? '' : `, ${rest}`}}`;
const headers = (text: string) => `http_server_config: {headers: {${text}}}`;
const user = (hash: string) => `basic_auth_users: {a: '${hash}'}`;

export const WEB_CONFIG_CASES: readonly WebConfigCase[] = [
  { text: '' },
  { text: '{}' },
  { text: 'tls_server_config: {}' },
  { text: 'tls_server_config:' },
  { text: tls('') },
  { text: tls('client_auth_type: ""') },
  { text: tls('client_auth_type: NoClientCert') },
  { text: tls('client_auth_type: RequestClientCert') },
  { text: tls('client_auth_type: RequireAnyClientCert') },
  { text: tls('client_auth_type: RequireClientCert') },
  { text: tls('client_auth_type: VerifyClientCertIfGiven') },
  { text: tls('client_auth_type: RequireAndVerifyClientCert') },
  { text: tls('client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.crt') },
  {
    text: tls('client_auth_type: requireandverifyclientcert'),
    refusal: 'invalid ClientAuth: requireandverifyclientcert',
  },
  { text: tls('client_auth_type: Any'), refusal: 'invalid ClientAuth: Any' },
  {
    text: tls('client_ca_file: ca.crt'),
    refusal: "client CA's have been configured without a Client Auth Policy",
  },
  {
    text: tls('client_auth_type: NoClientCert, client_ca_file: ca.crt'),
    refusal: "client CA's have been configured without a Client Auth Policy",
  },
  {
    text: tls('client_auth_type: RequireAndVerifyClientCert, client_ca_file: missing.crt'),
    refusal: 'missing.crt: no such file or directory',
  },
  { text: tls('client_auth_type: RequireAndVerifyClientCert, client_ca_file: server.key'), isStricter: true },
  { text: 'tls_server_config: {cert_file: server.crt}', refusal: 'missing one of key or key_file' },
  { text: 'tls_server_config: {key_file: server.key}', refusal: 'missing one of cert or cert_file' },
  { text: 'tls_server_config: {client_ca_file: ca.crt}', refusal: 'missing one of cert or cert_file' },
  {
    text: 'tls_server_config: {client_auth_type: NoClientCert}',
    refusal: 'missing one of cert or cert_file',
  },
  { text: 'tls_server_config: {min_version: TLS13}' },
  { text: 'tls_server_config: {client_allowed_sans: [a]}' },
  {
    text: 'tls_server_config: {cert_file: missing.crt, key_file: server.key}',
    refusal: 'missing.crt: no such file or directory',
  },
  {
    text: 'tls_server_config: {cert_file: server.crt, key_file: missing.key}',
    refusal: 'missing.key: no such file or directory',
  },
  {
    text: 'tls_server_config: {cert_file: server.crt, key_file: other.key}',
    refusal: 'tls: private key does not match public key',
  },
  {
    text: 'tls_server_config: {cert_file: server.key, key_file: server.key}',
    refusal: 'failed to load X509KeyPair: tls: failed to find',
  },
  {
    text: 'tls_server_config: {cert_file: server.crt, key_file: server.crt}',
    refusal: 'failed to load X509KeyPair: tls: f',
  },
  {
    text: 'tls_server_config: {cert: a, key: b}',
    refusal: 'tls: failed to find any PEM data in certificate input',
  },
  { text: 'tls_server_config: {cert_file: expired.crt, key_file: expired.key}' },
  { text: tls('min_version: TLS10') },
  { text: tls('min_version: TLS13') },
  { text: tls('max_version: TLS12') },
  { text: tls('min_version: TLS14'), refusal: 'unknown TLS version: TLS14' },
  { text: tls('max_version: tls12'), refusal: 'unknown TLS version: tls12' },
  { text: tls('min_version: TLS13, max_version: TLS12'), isStricter: true },
  { text: tls('cipher_suites: []') },
  { text: tls('cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]') },
  { text: tls('cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]') },
  { text: tls('cipher_suites: [TLS_NULL]'), refusal: 'unknown cipher: TLS_NULL' },
  {
    text: tls('cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]'),
    refusal: 'unknown cipher: TLS_RSA_WITH_RC4_128_SHA',
  },
  { text: tls('cipher_suites: TLS_AES_128_GCM_SHA256'), refusal: '' },
  { text: tls('curve_preferences: [X25519, CurveP256, CurveP384, CurveP521]') },
  { text: tls('curve_preferences: [P-256]'), refusal: 'unknown curve: P-256' },
  { text: tls('prefer_server_cipher_suites: false') },
  { text: tls('prefer_server_cipher_suites: perhaps'), refusal: '' },
  { text: tls('client_allowed_sans: [a, b]') },
  { text: tls('verify: true'), refusal: '' },
  { text: 'tls_config: {}', refusal: '' },
  { text: '[]', refusal: '' },
  { text: 'http_server_config: {http2: false}' },
  { text: 'http_server_config: {http2: 1}', refusal: '' },
  { text: 'http_server_config: {http3: true}', refusal: '' },
  {
    text: headers(
      "X-Frame-Options: deny, X-Content-Type-Options: nosniff, X-XSS-Protection: 1, Strict-Transport-Security: 'max-age=1', Content-Security-Policy: \"default-src 'self'\"",
    ),
  },
  { text: headers('X-Frame-Options: sameorigin') },
  {
    text: headers('X-Frame-Options: DENY'),
    refusal: 'invalid value for X-Frame-Options. Expected one of: ["deny" "sameorigin"], but got: "DENY"',
  },
  {
    text: headers('X-Content-Type-Options: ""'),
    refusal: 'invalid value for X-Content-Type-Options. Expected one of: ["nosniff"], but got: ""',
  },
  { text: headers('X-Foo: bar'), refusal: 'HTTP header "X-Foo" can not be configured' },
  { text: headers('x-frame-options: deny'), refusal: 'HTTP header "x-frame-options" can not be configured' },
  { text: headers('Strict-Transport-Security: "a\\nb"'), isStricter: true },
  { text: user(HASH) },
  { text: user(HASH.replace('$2y$', '$2a$')) },
  { text: user(HASH.replace('$2y$', '$2b$')) },
  { text: user('secret'), refusal: 'crypto/bcrypt: hashedSecret too short to be a bcrypted password' },
  { text: user(''), refusal: 'crypto/bcrypt: hashedSecret too short to be a bcrypted password' },
  { text: user(HASH.replace('$', 'x')), refusal: "crypto/bcrypt: bcrypt hashes must start with '$'" },
  {
    text: user(HASH.replace('$2y', '$5y')),
    refusal: "crypto/bcrypt: bcrypt algorithm version '5' requested is newer than current version '2'",
  },
  {
    text: user(HASH.replace('$10$', '$03$')),
    refusal: 'crypto/bcrypt: cost 3 is outside allowed inclusive range',
  },
  {
    text: user(HASH.replace('$10$', '$32$')),
    refusal: 'crypto/bcrypt: cost 32 is outside allowed inclusive range',
  },
  { text: user(HASH.replace('$10$', '$ab$')), refusal: '' },
  { text: 'basic_auth_users: {}' },
  { text: 'basic_auth_users: [a]', refusal: '' },
  { text: 'rate_limit: {burst: 5, interval: 1s}' },
  { text: 'rate_limit: {burst: many}', refusal: '' },
];
