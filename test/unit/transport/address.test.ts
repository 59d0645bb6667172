import { describe, expect, test } from 'vitest';
import { type Address, formatAddress, parseAddress } from '../../../lib/transport/address.ts';

describe('an address', () => {
  test.each<[string, Address]>([
    ['udp://127.0.0.1:7000', { transport: 'udp', host: '127.0.0.1', port: 7000 }],
    ['tcp://0.0.0.0:0', { transport: 'tcp', host: '0.0.0.0', port: 0 }],
    ['udp://seed.example:65535', { transport: 'udp', host: 'seed.example', port: 65_535 }],
    ['tcp://[::1]:7000', { transport: 'tcp', host: '::1', port: 7000 }],
    ['udp://[fe80::1%eth0]:7000', { transport: 'udp', host: 'fe80::1%eth0', port: 7000 }],
    ['tcp://[::ffff:10.0.0.1]:1', { transport: 'tcp', host: '::ffff:10.0.0.1', port: 1 }],
  ])('%s is read and written back', (text, address) => {
    expect(parseAddress(text, 'listen')).toEqual(address);
    expect(formatAddress(address)).toBe(text);
  });

  test('may end in a slash', () => {
    expect(parseAddress('udp://127.0.0.1:7000/', 'listen')).toEqual(parseAddress('udp://127.0.0.1:7000', 'listen'));
  });

  test.each([
    ['', 'is empty'],
    ['127.0.0.1:7000', 'has no transport'],
    ['http://127.0.0.1:7000', 'has another transport'],
    ['udp://127.0.0.1', 'has no port'],
    ['udp://127.0.0.1:', 'has an empty port'],
    ['udp://127.0.0.1:65536', 'has a port too high'],
    ['udp://127.0.0.1:-1', 'has a port below zero'],
    ['udp://:7000', 'has no host'],
    ['udp://::1:7000', 'has IPv6 without brackets'],
    ['udp://[1:2]:7000', 'has something else in brackets'],
    ['udp://[127.0.0.1]:7000', 'has IPv4 in brackets'],
    ['udp://a b:7000', 'has a space'],
    ['udp://host:7000/path', 'has a path'],
    [' udp://host:7000', 'begins with a space'],
  ])('%j is refused: it %s', (text) => {
    expect(() => parseAddress(text, 'bootstrap[1]')).toThrow(expect.objectContaining({
      code: 'INVALID_OPTION',
      message: `bootstrap[1]: expected an address such as udp://127.0.0.1:7000 or tcp://[::1]:7000, got ${JSON.stringify(text)}.`,
    }));
  });
});
