/** Words for what the file system says, in the manner that operators know. */

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  EMFILE: 'too many open files',
};

/** Such as `open /etc/token: no such file or directory`. */
export function fileError(error: unknown, path: string): string {
  const { code = '', syscall, message } = error as NodeJS.ErrnoException;
  const words = WORDS[code];
  return words === undefined ? message : `${syscall} ${path}: ${words}`;
}
