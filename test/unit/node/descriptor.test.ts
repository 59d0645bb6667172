import fc from 'fast-check';
import { SocketAddress } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ADDRESSES_MAX, decodeAddresses, encodeDescriptor } from '../../../lib/node/descriptor.ts';
import { decodeHello, encodeHello } from '../../../lib/node/hello.ts';
import { type Address, formatAddress, parseAddress } from '../../../lib/transport/address.ts';
import { descriptorOf, helloOf, idBytes } from './link-bed.ts';

const SEED = 5952;

/** The addresses of a descriptor of these bytes after the id, as people write them. */
function textsOf(hex: string): string[] | undefined {
  return decodeAddresses(Buffer.concat([idBytes(7), Buffer.from(hex.replaceAll(' ', ''), 'hex')]))?.map(formatAddress);
}

describe('a descriptor', () => {
  test('is the id, then kind, address and port of each', () => {
    const bytes = descriptorOf(7, ['udp://1.2.3.4:258', 'tcp://255.0.0.1:65535', 'udp://[::1]:1', 'tcp://[2001:db8::ff]:7000']);
    expect(Buffer.from(bytes).toString('hex')).toBe('07'.repeat(16)
      + '01' + '01020304' + '0102' + '02' + 'ff000001' + 'ffff'
      + '03' + '00'.repeat(15) + '01' + '0001' + '04' + '20010db8' + '00'.repeat(11) + 'ff' + '1b58');
  });

  test('of a peer that cannot be dialled is its id alone', () => {
    expect([descriptorOf(7), decodeAddresses(descriptorOf(7))]).toEqual([idBytes(7), []]);
  });

  test(`gives back each IPv6 address in the form in which the system writes it (seed ${SEED})`, () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 }), fc.integer({ min: 1, max: 65_535 }), (words, port) => {
      const written = words.map((word) => word.toString(16)).join(':');
      const canonical = new SocketAddress({ address: written, family: 'ipv6' }).address;
      for (const host of [written, canonical]) {
        const [address] = decodeAddresses(encodeDescriptor(idBytes(1), [{ transport: 'udp', host, port }])) ?? [];
        if (address === undefined) throw new Error('it was left out');
        expect(new SocketAddress({ address: address.host, family: 'ipv6' }).address).toBe(canonical);
        // The system writes some in the old way, with four decimal numbers at the end.
        if (!canonical.includes('.')) expect(address).toEqual({ transport: 'udp', host: canonical, port });
      }
    }), { seed: SEED, numRuns: 300 });
  });

  test.each([
    ['::', '::'], ['::1', '::1'], ['1::', '1::'], ['fe80::1%eth0', 'fe80::1'], ['::ffff:1.2.3.4', '::ffff:102:304'], ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['0:0:1:0:0:1:0:0', '::1:0:0:1:0:0'], ['1:2:3:4:5:6:7:0', '1:2:3:4:5:6:7:0'], ['10:0:0:0:0:0:0:a0', '10::a0'],
  ])('of %s reads %s', (host, text) => {
    expect(decodeAddresses(encodeDescriptor(idBytes(1), [{ transport: 'tcp', host, port: 9 }]))).toEqual([{ transport: 'tcp', host: text, port: 9 }]);
  });

  test('holds eight addresses; the others are left out', () => {
    const addresses = Array.from({ length: 12 }, (_, i): Address => parseAddress(`tcp://[2001:db8::${i + 1}]:7000`, 'test'));
    expect(decodeAddresses(encodeDescriptor(idBytes(1), addresses))).toEqual(addresses.slice(0, ADDRESSES_MAX));
  });

  test('of a later version may have kinds that are unknown; what stands before them counts', () => {
    expect(textsOf('01 01020304 0001 05 aabbcc')).toEqual(['udp://1.2.3.4:1']);
    expect(textsOf('00')).toEqual([]);
  });

  test.each([
    ['without a whole id', Buffer.alloc(15)],
    ['longer than any', Buffer.alloc(256)],
    ['with a part of an IPv4 address', descriptorOf(1, ['udp://1.2.3.4:1']).subarray(0, 22)],
    ['with a part of an IPv6 address', descriptorOf(1, ['tcp://[::1]:1']).subarray(0, 34)],
    ['with a kind alone', Buffer.concat([idBytes(1), Buffer.of(1)])],
    ['with port 0', Buffer.concat([idBytes(1), Buffer.of(1, 1, 2, 3, 4, 0, 0)])],
  ])('%s is none', (_, bytes) => {
    expect(decodeAddresses(bytes)).toBeUndefined();
  });

  test('is read where it stands in a larger buffer', () => {
    const bytes = Buffer.concat([Buffer.from('xyz'), descriptorOf(1, ['udp://1.2.3.4:5'])]).subarray(3);
    expect(decodeAddresses(bytes)?.map(formatAddress)).toEqual(['udp://1.2.3.4:5']);
  });
});

describe('a hello', () => {
  test('is its version, the epoch and the descriptor', () => {
    const bytes = encodeHello({ epoch: 0xfedc_ba98, descriptor: descriptorOf(7, ['udp://1.2.3.4:258']) });
    expect(Buffer.from(bytes).toString('hex')).toBe('01' + 'fedcba98' + '07'.repeat(16) + '01010203040102');
    expect(decodeHello(bytes)).toEqual({ epoch: 0xfedc_ba98, descriptor: descriptorOf(7, ['udp://1.2.3.4:258']) });
  });

  test('is kept as it was, whatever becomes of the bytes it came in', () => {
    const bytes = new Uint8Array([1, 2, 3, ...helloOf(7, ['udp://1.2.3.4:5'])]).subarray(3);
    const hello = decodeHello(bytes);
    bytes.fill(0);
    expect(hello).toEqual({ epoch: 1, descriptor: descriptorOf(7, ['udp://1.2.3.4:5']) });
  });

  test.each([
    ['of no bytes', new Uint8Array(0)],
    ['of another version', Uint8Array.from(helloOf(7), (byte, i) => (i === 0 ? 2 : byte))],
    ['cut short', helloOf(7).subarray(0, 20)],
    ['whose descriptor is none', helloOf(7, ['udp://1.2.3.4:5']).subarray(0, 26)],
    ['that goes on for too long', Buffer.concat([helloOf(7), Buffer.alloc(300)])],
  ])('%s is none', (_, bytes) => {
    expect(decodeHello(bytes)).toBeUndefined();
  });
});
