/** The version of this program; the build checks it against package.json. */
export const VERSION = '0.1.0';
