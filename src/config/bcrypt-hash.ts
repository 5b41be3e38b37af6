/** Whether a text is what bcrypt makes of a password, without knowing the password. */

/** `$2y$10$`, 22 characters of salt and 31 of hash; an older form lacks the letter. */
const HASH_LEAST_CHARS = 59;
const COST_MIN = 4;
const COST_MAX = 31;

/** What is wrong, in the words of Go's library; undefined where nothing is. The text itself is in none of them. */
export function bcryptFault(hash: string): string | undefined {
  const fault = formFault(hash);
  return fault && `crypto/bcrypt: ${fault}`;
}

function formFault(hash: string): string | undefined {
  if (Buffer.byteLength(hash) < HASH_LEAST_CHARS) return 'hashedSecret too short to be a bcrypted password';
  if (!hash.startsWith('$')) return "bcrypt hashes must start with '$'";
  if (hash[1]! > '2')
    return `bcrypt algorithm version '${hash[1]}' requested is newer than current version '2'`;
  const cost = hash.slice(hash[2] === '$' ? 3 : 4).slice(0, 2);
  if (!/^[+-]?\d+$/.test(cost)) return 'the cost is no number';
  const isAllowed = Number(cost) >= COST_MIN && Number(cost) <= COST_MAX;
  return isAllowed ? undefined : `cost ${Number(cost)} is outside allowed inclusive range 4..31`;
}
