/**
 * Where the database's native addon lies. Its package finds it by itself; the single executable, which has no
 * packages beside it, says here how to get at its own copy.
 */

let find: (() => string) | undefined;

/** `find` gives the path of the addon (`….node`); it is called once the storage is opened, by the front only. */
export function setDatabaseAddon(path: () => string): void {
  find = path;
}

/** To be passed on as `nativeBinding`; undefined for the package's own. */
export function databaseAddon(): string | undefined {
  return find?.();
}
