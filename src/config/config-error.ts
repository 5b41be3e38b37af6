/** A flag, a variable or a configuration file says something that cannot be: one line, what and where. Exit code 2. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}
