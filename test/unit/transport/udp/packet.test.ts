import { describe, expect, test } from 'vitest';
import { ACK_RANGES_MAX, type Packet, decodePacket } from '../../../../lib/transport/udp/packet.ts';
import { PacketWriter, WHOLE_BYTES_MAX, ackBytes } from '../../../../lib/transport/udp/packet-writer.ts';
import { bytesOf, hexOf } from '../../wire/table-directory.ts';

const HEAD = 'a3 000000000000002a 00000007';

/** What a data packet with these chunks says. */
function chunksOf(hex: string): unknown {
  const packet = decodePacket(bytesOf(HEAD + hex));
  return packet?.kind === 'data' ? packet.chunks : packet;
}

function frame(head: string, body: string | undefined, id: number, reliable = true) {
  const parts = { head: bytesOf(head), body: body === undefined ? undefined : bytesOf(body) };
  return { ...parts, bytes: parts.head.length + (parts.body?.length ?? 0), id, reliable };
}

describe('the format of packets', () => {
  test.each<readonly [string, (writer: PacketWriter) => Uint8Array, string, Packet]>([
    ['INIT', (writer) => writer.init(0x2a, bytesOf('c0c1'), bytesOf('aabbcc')), `a0 000000000000002a 02c0c1 0003aabbcc${'00'.repeat(183)}`,
      { kind: 'init', from: 0x2a, cookie: bytesOf('c0c1'), hello: bytesOf('aabbcc') }],
    ['INIT, longer than padding', (writer) => writer.init(1, bytesOf(''), new Uint8Array(256)), `a0 0000000000000001 00 0100${'00'.repeat(256)}`,
      { kind: 'init', from: 1, cookie: bytesOf(''), hello: new Uint8Array(256) }],
    ['RETRY', (writer) => writer.retry(2 ** 53 - 1, bytesOf('c0c1')), 'a1 001fffffffffffff 02c0c1', { kind: 'retry', to: 2 ** 53 - 1, cookie: bytesOf('c0c1') }],
    ['ACCEPT', (writer) => writer.accept(2 ** 32, 3, bytesOf('aa')), 'a2 0000000100000000 0000000000000003 0001aa', { kind: 'accept', to: 2 ** 32, from: 3, hello: bytesOf('aa') }],
    ['a farewell', (writer) => writer.farewell(0x2a, 7, 2), `${HEAD} 03 02`, { kind: 'data', to: 0x2a, number: 7, chunks: [{ kind: 'close', code: 2 }] }],
  ])('%s', (_, write, hex, packet) => {
    const bytes = write(new PacketWriter());
    expect(hexOf(bytes)).toBe(hex.replaceAll(' ', ''));
    expect(decodePacket(bytes)).toEqual(packet);
  });

  test('a data packet has chunks of all kinds', () => {
    const writer = new PacketWriter();
    writer.begin(0x2a, 7);
    expect(writer.empty).toBe(true);
    writer.ack([90, 100, 70, 80, 5, 5], 1.5);
    writer.ping();
    writer.fragment(frame('aabb', 'ccdd', 3), 0, 4);
    writer.fragment(frame('ee', undefined, 4, false), 0, 1);
    expect(writer.empty).toBe(false);
    const bytes = writer.finish();
    expect(hexOf(bytes)).toBe(`${HEAD} 02 00000064 0060 02 000a 0008000a 003f0000 01 04 00000003 0004 aabbccdd 05 00000004 0001 ee`.replaceAll(' ', ''));
    expect(decodePacket(bytes)).toEqual({
      kind: 'data', to: 0x2a, number: 7,
      chunks: [
        { kind: 'ack', delayMs: 1.5, ranges: [90, 100, 70, 80, 5, 5] },
        { kind: 'ping' },
        { kind: 'fragment', reliable: true, frame: 3, total: 4, offset: 0, bytes: bytesOf('aabbccdd') },
        { kind: 'fragment', reliable: false, frame: 4, total: 1, offset: 0, bytes: bytesOf('ee') },
      ],
    });
  });

  test.each([[0, 300], [1, 300], [300, 299], [299, 300], [256, 1000]])('a part from offset %i has bytes of head and body as they lie', (offset, length) => {
    const all = Uint8Array.from({ length: 1400 }, (_, i) => i % 251);
    const writer = new PacketWriter();
    writer.begin(1, 1);
    writer.fragment({ head: all.subarray(0, 300), body: all.subarray(300), bytes: 1400, id: 9, reliable: true }, offset, length);
    expect(decodePacket(writer.finish())).toMatchObject({ chunks: [{ frame: 9, total: 1400, offset, bytes: all.subarray(offset, offset + length) }] });
  });

  test('a packet that is not finished leaves nothing behind', () => {
    const writer = new PacketWriter();
    writer.begin(1, 1);
    writer.ping();
    writer.begin(0x2a, 7);
    writer.ping();
    expect(hexOf(writer.finish())).toBe(`${HEAD}01`.replaceAll(' ', ''));
  });

  test('many packets do not run into each other', () => {
    const writer = new PacketWriter();
    const packets = Array.from({ length: 200 }, (_, i) => writer.init(i, bytesOf(''), new Uint8Array(500).fill(i)));
    expect(packets.map((packet) => decodePacket(packet))).toEqual(Array.from({ length: 200 }, (_, i) => ({ kind: 'init', from: i, cookie: bytesOf(''), hello: new Uint8Array(500).fill(i) })));
  });

  test('the largest frame in one piece fits with a ping', () => {
    const writer = new PacketWriter();
    writer.begin(1, 1);
    writer.ping();
    writer.fragment({ head: new Uint8Array(WHOLE_BYTES_MAX), body: undefined, bytes: WHOLE_BYTES_MAX, id: 1, reliable: true }, 0, WHOLE_BYTES_MAX);
    expect(writer.finish().length).toBe(1200);
  });

  test('an acknowledgement lists as many ranges as it may, the largest first, and ends at one that does not fit its field', () => {
    const ranges = Array.from({ length: 100 }, (_, i) => [1000 - 5 * i, 1001 - 5 * i]).flat();
    const writer = new PacketWriter();
    writer.begin(0x2a, 7);
    writer.ack(ranges, 0);
    const bytes = writer.finish();
    expect(decodePacket(bytes)).toMatchObject({ chunks: [{ ranges: ranges.slice(0, 2 * ACK_RANGES_MAX) }] });
    expect(bytes.length).toBe(13 + ackBytes(100));
    writer.begin(0x2a, 7);
    writer.ack([100_000, 200_000, 5, 5], 1e9);
    expect(decodePacket(writer.finish())).toMatchObject({ chunks: [{ ranges: [134_465, 200_000], delayMs: 65_535 / 64 }] });
    writer.begin(0x2a, 7);
    writer.ack([100_000, 100_000, 5, 5], 0);
    expect(decodePacket(writer.finish())).toMatchObject({ chunks: [{ ranges: [100_000, 100_000] }] });
  });
});

describe('what is no packet', () => {
  test.each([
    ['nothing', ''],
    ['another version', `b3${HEAD.slice(2)}01`],
    ['another type', `a4${HEAD.slice(2)}01`],
    ['an id past 2^53', 'a3 0020000000000000 00000007 01'],
    ['a data packet without chunks', HEAD],
    ['a data packet that ends in its header', 'a3 00000000'],
    ['an unknown chunk', `${HEAD}00`],
    ['an unknown chunk behind a good one', `${HEAD}0108`],
    ['a close without code', `${HEAD}03`],
    ['a whole frame that ends early', `${HEAD}04 00000001 0002 aa`],
    ['a whole frame that ends in its header', `${HEAD}04 000000`],
    ['a part past the end of its frame', `${HEAD}06 00000001 00000003 00000002 0002 aabb`],
    ['a part of no bytes', `${HEAD}06 00000001 00000003 00000002 0000`],
    ['a small part that is not the last', `${HEAD}06 00000001 00000003 00000000 0002 aabb`],
    ['a part that ends early', `${HEAD}06 00000001 00000003 00000001 0002 aa`],
    ['an acknowledgement below 0', `${HEAD}02 00000001 0000 00 0002`],
    ['an acknowledged range below 0', `${HEAD}02 00000005 0000 01 0002 0001 0001`],
    ['an acknowledgement that ends early', `${HEAD}02 00000005 0000 01 0000 0001`],
    ['too many ranges', `${HEAD}02 0000ffff 0000 20 0000 ${'00000000'.repeat(32)}`],
    ['an INIT too short', `a0 000000000000002a 00 0000${'00'.repeat(187)}`],
    ['an INIT with a cookie too long', `a0 000000000000002a 21 ${'00'.repeat(400)}`],
    ['an INIT whose hello ends early', `a0 000000000000002a 00 00ff${'00'.repeat(190)}`],
    ['a RETRY with bytes behind its cookie', 'a1 000000000000002a 01 c0c1'],
    ['a RETRY without a cookie', 'a1 000000000000002a 00'],
    ['an ACCEPT with bytes behind its hello', 'a2 0000000000000001 0000000000000003 0001aabb'],
    ['an ACCEPT that ends early', 'a2 0000000000000001 0000'],
    ['1201 bytes', `${HEAD}${'01'.repeat(1188)}`],
  ])('%s', (_, hex) => {
    expect(decodePacket(bytesOf(hex))).toBeUndefined();
  });

  test('but a small part that is the last, and one of 256 bytes, are', () => {
    expect(chunksOf('06 00000001 00000003 00000002 0001 aa')).toMatchObject([{ total: 3, offset: 2 }]);
    expect(chunksOf(`07 00000001 00000400 00000000 0100 ${'aa'.repeat(256)}`)).toMatchObject([{ reliable: false, total: 1024, offset: 0 }]);
  });
});
