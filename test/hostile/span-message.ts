/** One span as a request of OTLP in protobuf. */

import { utf8Encode } from '../../src/base/bytes.ts';
import { ProtoWriter } from '../../src/base/protobuf-writer.ts';

function message(write: (out: ProtoWriter) => void): Uint8Array {
  const out = new ProtoWriter();
  write(out);
  return out.take();
}

/** A span of the service `honest`; `traceId` is 32 hexadecimal digits. */
export function encodeSpan(traceId: string, startMs: number): Uint8Array {
  const ns = BigInt(startMs) * 1_000_000n;
  const value = message((out) => out.bytesField(1, utf8Encode('honest')));
  const attribute = message((out) => {
    out.bytesField(1, utf8Encode('service.name'));
    out.bytesField(2, value);
  });
  const span = message((out) => {
    out.bytesField(1, Buffer.from(traceId, 'hex'));
    out.bytesField(
      2,
      Buffer.from(traceId.slice(16), 'hex').map((byte, i) => (i === 0 ? 1 : byte)),
    );
    out.bytesField(5, utf8Encode('honest work'));
    out.tag(7, 1);
    out.fixed64(ns);
    out.tag(8, 1);
    out.fixed64(ns + 1_000_000n);
  });
  return message((out) =>
    out.bytesField(
      1,
      message((r) => {
        r.bytesField(
          1,
          message((a) => a.bytesField(1, attribute)),
        );
        r.bytesField(
          2,
          message((s) => s.bytesField(2, span)),
        );
      }),
    ),
  );
}
