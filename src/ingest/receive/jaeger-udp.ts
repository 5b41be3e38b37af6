/**
 * The datagrams that Jaeger's clients send to an agent: each a call that brings a batch of spans, in Thrift's compact or
 * binary protocol. Nothing is ever answered; what cannot be read, and what there is no memory for, is dropped and counted.
 */

import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { takeJaeger } from './jaeger.ts';
import { foreseen, type ReceiverParts, timeOf } from './wire.ts';

const RECEIVER = 'jaeger_udp';
/**
 * Asked of the system for what comes while the process is busy: some sixty of the largest datagrams. It gives what it
 * allows (on Linux `net.core.rmem_max`).
 */
const BUFFER_BYTES = 4 * 1024 * 1024;
/** Of dropped datagrams a line tells, and then how many there were, no more often than this. */
const TOLD_MS = 60_000;

interface Address {
  readonly host: string;
  readonly port: number;
}

/** A port that is bound. */
export interface UdpPort {
  readonly address: Address;
  /** Takes nothing more. Resolves when what came before is durable or dropped. */
  close(): Promise<void>;
}

/** Binds the port. Rejects with the system's error. */
export async function bindJaegerUdp(address: Address, parts: ReceiverParts): Promise<UdpPort> {
  const type = isIPv6(address.host) ? 'udp6' : 'udp4';
  const socket = createSocket({ type, recvBufferSize: BUFFER_BYTES });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: address.host, port: address.port, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  const pending = new Set<Promise<void>>();
  const drops = new DropReport(parts);
  socket.on('error', (error) => parts.log.warn('the datagram port failed', { error }));
  socket.on('message', (datagram, { address: peer }) => {
    const taken = takeDatagram(datagram, peer, parts, drops).finally(() => pending.delete(taken));
    pending.add(taken);
  });
  return {
    address: { host: address.host, port: socket.address().port },
    close: async () => {
      socket.close();
      await Promise.all(pending);
    },
  };
}

/** Never rejects. */
async function takeDatagram(
  datagram: Buffer,
  peer: string,
  parts: ReceiverParts,
  drops: DropReport,
): Promise<void> {
  try {
    parts.requests?.ofTenants('ingest');
    const memory = parts.memory.reserve(datagram.length);
    try {
      parts.counts.bytes(RECEIVER, datagram.length);
      await takeJaeger('emitBatch', datagram, RECEIVER, timeOf(parts), parts, undefined);
    } finally {
      memory.release();
    }
  } catch (error) {
    const { kind, message } = foreseen(error, parts.log);
    parts.counts.failed(RECEIVER, kind, { from: { peer, header: () => undefined }, message });
    drops.add(message);
  }
}

/** Tells of drops in the log: nobody else would. */
class DropReport {
  readonly #parts: ReceiverParts;
  #count = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: ReceiverParts) {
    this.#parts = parts;
  }

  add(why: string): void {
    this.#count++;
    const now = performance.now();
    if (now - this.#toldAtMs < TOLD_MS) return;
    this.#parts.log.warn('dropped Jaeger datagrams', { count: this.#count, why });
    this.#toldAtMs = now;
    this.#count = 0;
  }
}
