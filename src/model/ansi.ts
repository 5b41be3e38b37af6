/** Colours and other escape sequences of terminals in text, and text without them. */

/**
 * An escape (ESC or the C1 CSI), its brackets and signs, and then either a word that BEL ends or numbers and a final
 * character. The look-ahead takes the brackets for good: without it a long row of `;` would be tried in all ways.
 */
const SEQUENCE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is stripped
  /[\u001b\u009b](?=([[\]()#;?]*))\1(?:[a-zA-Z\d;]*\u0007|(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PRZcf-ntqry=><~])/g;

export function stripAnsi(text: string): string {
  if (!text.includes('\u001b') && !text.includes('\u009b')) return text;
  return text.replace(SEQUENCE, '');
}
