/**
 * The frames of a streamed answer, out of the pieces that the network gives:
 *
 *   frame   uvarint length, u32 big-endian CRC-32C of the message, message
 */

import { crc32c } from '../../base/crc32c.ts';

const CRC_BYTES = 4;
/** A varint of 64 bits has no more bytes than this. */
const VARINT_BYTES_MAX = 10;

export class FrameSplitter {
  readonly #maxBytes: number;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  /** Of head and message, once the head was read; more pieces are gathered until then. */
  #wanted = 1;

  /** Messages of more than `maxBytes` are refused. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The messages that are whole now; each has a buffer of its own. Throws. */
  *push(piece: Uint8Array): Generator<Uint8Array, void> {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes < this.#wanted) return;
    const whole = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces);
    let at = 0;
    for (;;) {
      const frame = this.#frameAt(whole, at);
      if (!frame) break;
      yield frame.message;
      at = frame.end;
    }
    this.#pieces = at < whole.length ? [whole.subarray(at)] : [];
    this.#bytes = whole.length - at;
  }

  /** The stream has ended. Throws where that is within a frame. */
  end(): void {
    if (this.#bytes > 0) throw new Error('unexpected EOF');
  }

  #frameAt(bytes: Uint8Array, start: number): { message: Uint8Array; end: number } | undefined {
    let length = 0;
    let at = start;
    for (let scale = 1; ; scale *= 128) {
      if (at - start >= VARINT_BYTES_MAX) throw new Error('varint overflows a 64-bit integer');
      const byte = bytes[at++];
      this.#wanted = 1;
      if (byte === undefined) return undefined;
      length += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    if (length > this.#maxBytes) {
      const rule = `message size exceeded the limit ${this.#maxBytes} bytes; got: ${length} bytes`;
      throw new Error(`chunkedReader: ${rule}`);
    }
    const end = at + CRC_BYTES + length;
    this.#wanted = end - start;
    if (end > bytes.length) return undefined;
    const crc = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
    const message = bytes.slice(at + CRC_BYTES, end);
    if (crc32c(message) !== crc) throw new Error('chunkedReader: corrupted frame; checksum mismatch');
    return { message, end };
  }
}
