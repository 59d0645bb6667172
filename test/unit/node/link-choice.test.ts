import { describe, expect, test } from 'vitest';
import { LinkBed } from './link-bed.ts';

describe('room for a frame', () => {
  const LARGE = 100;

  test('is there while what waits on its link stays within the bound, and for any frame where nothing waits', () => {
    const bed = new LinkBed();
    const peer = bed.known(2);
    const udp = bed.accept('udp', 2);
    expect(bed.links.hasRoom(peer, 5000, 500)).toBe(true);
    udp.queuedBytes = 450;
    expect([bed.links.hasRoom(peer, 50, 500), bed.links.hasRoom(peer, 51, 500)]).toEqual([true, false]);
  });

  test('is not there while the other link is full: announcements go by that one', () => {
    const bed = new LinkBed();
    const peer = bed.known(2);
    const [udp, tcp] = [bed.accept('udp', 2), bed.accept('tcp', 2)];
    udp.queuedBytes = 501;
    expect(bed.links.hasRoom(peer, LARGE, 500)).toBe(false);
    udp.queuedBytes = 500;
    expect(bed.links.hasRoom(peer, LARGE, 500)).toBe(true);
    tcp.queuedBytes = 501;
    expect(bed.links.hasRoom(peer, 1, 500)).toBe(false);
  });

  test('counts what waits for a link', () => {
    const bed = new LinkBed();
    const peer = bed.known(2);
    expect(bed.links.hasRoom(peer, 5000, 500)).toBe(true);
    bed.send(peer, 'x'.repeat(450));
    expect([bed.links.hasRoom(peer, 50, 500), bed.links.hasRoom(peer, 51, 500)]).toEqual([true, false]);
  });
});

describe('what is brought in bulk', () => {
  const bring = (bed: LinkBed, text: string): boolean => bed.links.send(bed.known(2), Buffer.from(text), undefined, 'data', 'reliable', true);

  test('goes by TCP where that is up, whatever its size', () => {
    const bed = new LinkBed();
    const [udp, tcp] = [bed.accept('udp', 2), bed.accept('tcp', 2)];
    bring(bed, 'a');
    bed.send(bed.known(2), 'b');
    expect([udp.sent, tcp.sent]).toEqual([['b'], ['a']]);
  });

  test('opens no TCP link, and obeys a preference', () => {
    const bed = new LinkBed();
    const udp = bed.accept('udp', 2);
    bring(bed, 'a');
    expect([udp.sent, bed.dials]).toEqual([['a'], []]);
    const other = new LinkBed({ prefer: 'udp' });
    const links = [other.accept('udp', 2), other.accept('tcp', 2)];
    bring(other, 'a');
    expect(links.map(({ sent }) => sent)).toEqual([['a'], []]);
  });
});
