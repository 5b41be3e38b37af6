/** A name server for tests, over UDP and TCP: it knows the records that it is given, and fails where it is told to. */

import { createSocket, type Socket } from 'node:dgram';
import { type AddressInfo, createServer, type Server } from 'node:net';

const TYPES = { A: 1, NS: 2, CNAME: 5, MX: 15, TXT: 16, AAAA: 28, SRV: 33 } as const;
type RecordType = keyof typeof TYPES;

export interface FakeRecord {
  readonly type: RecordType;
  /** An address as its bytes' text, or a name; in front of an MX name its priority, of an SRV one priority, weight, port. */
  readonly data: string;
  /** Whose it is, where that is not the name that was asked for. */
  readonly owner?: string;
}

export type FakeOutcome = readonly FakeRecord[] | 'nxdomain' | 'servfail' | 'refused' | 'silence';

const RCODES = { nxdomain: 3, servfail: 2, refused: 5 } as const;
/** Without EDNS a UDP answer has no more. */
const UDP_BYTES_MAX = 512;

export class FakeDns {
  /** By `TYPE name.` in small letters; what is not there does not exist. */
  readonly zone = new Map<string, FakeOutcome>();
  /** `udp SRV name.`, in the order in which they came. */
  readonly questions: string[] = [];
  readonly #udp: Socket = createSocket('udp4');
  readonly #tcp: Server;
  #port = 0;

  constructor() {
    this.#udp.on('message', (query, from) => {
      const answer = this.#answer(query, true);
      if (answer) this.#udp.send(answer, from.port, from.address);
    });
    this.#tcp = createServer((socket) => {
      let bytes: Buffer = Buffer.alloc(0);
      socket.on('error', () => {});
      socket.on('data', (chunk: Buffer) => {
        bytes = Buffer.concat([bytes, chunk]);
        while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) {
          const answer = this.#answer(bytes.subarray(2, 2 + bytes.readUInt16BE(0)), false);
          bytes = bytes.subarray(2 + bytes.readUInt16BE(0));
          if (answer) socket.write(Buffer.concat([number16(answer.length), answer]));
        }
      });
    });
  }

  /** On both protocols; `port` 0 takes any. */
  async listen(port = 0, address = '127.0.0.1'): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#tcp.once('error', reject);
      this.#tcp.listen(port, address, resolve);
    });
    this.#port = (this.#tcp.address() as AddressInfo).port;
    await new Promise<void>((resolve, reject) => {
      this.#udp.once('error', reject);
      this.#udp.bind(this.#port, address, resolve);
    });
  }

  /** `address:port` */
  get server(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#udp.close(() => resolve()));
    await new Promise((resolve) => this.#tcp.close(resolve));
  }

  #answer(query: Buffer, isUdp: boolean): Buffer | undefined {
    const { name, end } = readName(query, 12);
    const type = query.readUInt16BE(end);
    const typeName = (Object.keys(TYPES) as RecordType[]).find((key) => TYPES[key] === type) ?? String(type);
    this.questions.push(`${isUdp ? 'udp' : 'tcp'} ${typeName} ${name}`);
    const outcome = this.zone.get(`${typeName} ${name}`) ?? 'nxdomain';
    if (outcome === 'silence') return undefined;
    const records = typeof outcome === 'string' ? [] : outcome.map((r) => encode(r, type));
    const rcode =
      typeof outcome === 'string' && outcome in RCODES ? RCODES[outcome as keyof typeof RCODES] : 0;
    const question = query.subarray(12, end + 4);
    const whole = 12 + question.length + records.reduce((sum, r) => sum + r.length, 0);
    const isCut = isUdp && whole > UDP_BYTES_MAX;
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    // An answer, recursion wanted and offered.
    header.writeUInt16BE(0x8180 | (isCut ? 0x0200 : 0) | rcode, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(isCut ? 0 : records.length, 6);
    return Buffer.concat([header, question, ...(isCut ? [] : records)]);
  }
}

function encode({ type, data, owner }: FakeRecord, asked: number): Buffer {
  const body = encodeData(type, data);
  return Buffer.concat([
    // A pointer to the question's name.
    owner === undefined ? number16(0xc00c) : encodeName(owner),
    number16(TYPES[type] ?? asked),
    number16(1),
    Buffer.from([0, 0, 1, 44]),
    number16(body.length),
    body,
  ]);
}

function encodeData(type: RecordType, data: string): Buffer {
  if (type === 'A') return Buffer.from(data.split('.').map(Number));
  if (type === 'AAAA') return Buffer.from(data.replaceAll(':', ''), 'hex');
  if (type === 'TXT') return Buffer.concat([Buffer.from([data.length]), Buffer.from(data)]);
  const parts = data.split(' ');
  const name = parts.pop()!;
  return Buffer.concat([...parts.map((n) => number16(Number(n))), encodeName(name)]);
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  const parts = labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function readName(message: Buffer, from: number): { name: string; end: number } {
  let name = '';
  let at = from;
  for (let length = message[at]!; length !== 0; length = message[at]!) {
    name += `${message.toString('latin1', at + 1, at + 1 + length).toLowerCase()}.`;
    at += 1 + length;
  }
  return { name: name || '.', end: at + 1 };
}

function number16(n: number): Buffer {
  return Buffer.from([n >> 8, n & 0xff]);
}
