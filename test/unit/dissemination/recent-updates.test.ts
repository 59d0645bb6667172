import { describe, expect, test } from 'vitest';
import { type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import type { DigestEntry } from '../../../lib/core/messages.ts';
import { Random } from '../../../lib/core/random.ts';
import { RecentUpdates, hashOfEntry } from '../../../lib/dissemination/recent-updates.ts';
import { roles } from '../../support/builders.ts';

const { source, other, third } = roles('source', 'other', 'third');

const TAU_MS = 10_000;

function has(origin: PeerRef, next: number, beyond: readonly number[] = []): DigestEntry {
  return { origin, epoch: 1, next, beyond };
}

function updates(...noted: readonly (readonly [nowMs: number, ...entries: DigestEntry[]])[]): RecentUpdates {
  const made = new RecentUpdates(TAU_MS, (peer) => peer);
  for (const [nowMs, ...entries] of noted) made.note(entries, nowMs);
  return made;
}

describe('Demers et al. section 1.3, recent update lists', () => {
  test('list the publishers of which something came within tau', () => {
    const noted = updates([0, has(source, 1), has(other, 5)], [9000, has(source, 2), has(other, 5)]);
    expect(noted.entries()).toEqual([has(source, 2), has(other, 5)]);
    noted.note([has(source, 2), has(other, 5)], 10_000);
    expect(noted.entries()).toEqual([has(source, 2)]);
    noted.note([has(source, 2), has(other, 5)], 19_000);
    expect(noted.entries()).toEqual([]);
  });

  test('are answered with what is here of those that were asked about, nothing included', () => {
    const noted = updates([0, has(source, 2), has(other, 5)], [20_000, has(source, 3), has(other, 5)]);
    expect(noted.entriesWith([has(other, 9), has(third, 1)])).toEqual([has(source, 3), has(other, 5), has(third, 0)]);
    expect(noted.entriesFor([has(third, 1), has(source, 7)])).toEqual([has(third, 0), has(source, 3)]);
  });
});

describe('Demers et al. section 1.3, checksums', () => {
  const identity = (peer: PeerRef): number => peer;

  test('are the same for the same, whatever the order, and change with everything that is here', () => {
    const { checksum } = updates([0, has(source, 2), has(other, 5, [7, 9])]);
    expect(updates([0, has(other, 5, [7, 9]), has(source, 2)]).checksum).toEqual(checksum);
    const others = [
      [has(source, 2)], [has(source, 3), has(other, 5, [7, 9])], [has(source, 2), has(other, 5, [7, 10])], [has(source, 2), has(other, 5)],
      [has(source, 5, [7, 9]), has(other, 2)], [has(source, 2 + 2 ** 32 - 1), has(other, 5, [7, 9])],
    ];
    for (const entries of others) expect(updates([0, ...entries]).checksum).not.toEqual(checksum);
  });

  test('nothing of a publisher counts as nothing', () => {
    expect(hashOfEntry(has(source, 0), identity)).toEqual({ high: 0, low: 0 });
    expect(updates([0, has(source, 0)]).checksum).toEqual(updates([0]).checksum);
  });

  test('40 000 entries that differ little have different hashes (seed 5)', () => {
    const random = new Random(5);
    const hashes = new Set<string>();
    const entries = new Set<string>();
    while (entries.size < 40_000) {
      const entry = { origin: peerRef(random.below(300)), epoch: random.below(3), next: random.below(400), beyond: [] };
      if (entry.next === 0) continue;
      entries.add(`${entry.origin} ${entry.epoch} ${entry.next}`);
      const { high, low } = hashOfEntry(entry, identity);
      hashes.add(`${high} ${low}`);
    }
    expect(hashes.size).toBe(entries.size);
  });

  test('the word of PROTOCOL.md: two lanes of multiply and shift', () => {
    expect(hashOfEntry(has(source, 100, [102, 104]), () => 0x12345678)).toEqual({ high: 140647902, low: 2449943328 });
  });

  test('agree beside those that either side has listed, and only then', () => {
    // The first knows of news of `source`, the second of news of `other`; they agree on the rest.
    const asker = updates([0, has(source, 1), has(other, 5), has(third, 4)], [20_000, has(source, 2), has(other, 5), has(third, 4)]);
    const answerer = updates([0, has(source, 1), has(other, 5), has(third, 4)], [20_000, has(source, 1), has(other, 6), has(third, 4)]);
    const answer = { checksum: answerer.checksum, entries: answerer.entriesWith(asker.entries()) };
    expect(answer.entries).toEqual([has(other, 6), has(source, 1)]);
    expect(asker.agreesBeside(answer)).toBe(true);
    const old = updates([0, has(source, 1), has(other, 5), has(third, 3)], [20_000, has(source, 1), has(other, 6), has(third, 3)]);
    expect(asker.agreesBeside({ checksum: old.checksum, entries: old.entriesWith(asker.entries()) })).toBe(false);
  });
});
