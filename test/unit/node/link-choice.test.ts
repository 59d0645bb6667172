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
