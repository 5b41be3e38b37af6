/** Numbers as Go reads them. */

const GO_FLOAT = /^[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?)$/;
const GO_HEX_FLOAT = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/;

/** Go's `strconv.ParseFloat`, or undefined. Underscores may stand between digits. */
export function parseGoFloat(text: string): number | undefined {
  if (text.includes('_')) {
    if (!/^[^_]+$/.test(text.replace(/(?<=\d)_(?=\d)/g, ''))) return undefined;
    text = text.replaceAll('_', '');
  }
  if (GO_FLOAT.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  if (/^[+-]?(inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  const hex = GO_HEX_FLOAT.exec(text);
  if (!hex || hex[2]! + hex[3]! === '') return undefined;
  const mantissa = Number.parseInt(hex[2]! + hex[3]!, 16);
  return (hex[1] === '-' ? -1 : 1) * mantissa * 2 ** (Number(hex[4]) - 4 * hex[3]!.length);
}
