/** CRC-32 with Castagnoli's polynomial, which iSCSI, ext4 and the frames of remote read use; zlib has the other one. */

const POLYNOMIAL = 0x82f63b78;
const TABLE = table();

function table(): Uint32Array {
  const out = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    out[byte] = crc;
  }
  return out;
}

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ TABLE[(crc ^ bytes[i]!) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}
