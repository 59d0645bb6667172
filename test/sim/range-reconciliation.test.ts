import { describe, expect, test } from 'vitest';
import { type GroupOptions, groupConfig } from '../../lib/core/config.ts';
import { peerRef } from '../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../lib/core/messages.ts';
import { SilentObserver } from '../../sim/world/observer.ts';
import { World, type WorldOptions } from '../../sim/world/world.ts';
import { equalPaths } from './equal-delays.ts';

const HOSTS = 40;
const RANGES = { kind: 'anti-entropy', reconcile: 'ranges' } as const;

/** Counts what each peer delivered, and the bytes of comparing. */
class Counts extends SilentObserver {
  readonly delivered = new Map<number, number>();
  comparedBytes = 0;

  override onDelivery(_timeUs: number, peer: number, _from: number, _message: DataMessage): void {
    this.delivered.set(peer, (this.delivered.get(peer) ?? 0) + 1);
  }

  override onTransmission(_timeUs: number, _from: number, _to: number, { kind }: Message, bytes: number): void {
    if (kind === 'digest' || kind === 'ranges' || kind === 'rangeOffer' || kind === 'rangeWant') this.comparedBytes += bytes;
  }
}

function bed(options: GroupOptions, conditions: Partial<WorldOptions> = {}, hosts = HOSTS) {
  const counts = new Counts();
  const world = new World(equalPaths(hosts), { seed: 1, observer: counts, ...conditions });
  const config = groupConfig({ historyMessagesMax: 4096, ...options });
  const run = (ms: number): void => void world.run(world.nowMs + ms);
  const join = (peer: number): void => world.join(peer, config, peer === 0 ? [] : [peerRef(0)]);
  for (let peer = 0; peer < hosts; peer++) {
    join(peer);
    run(30);
  }
  run(20_000);
  const publishAll = (rounds: number): void => {
    for (let round = 0; round < rounds; round++) {
      for (let peer = 0; peer < hosts; peer++) {
        world.publish(peer, Uint8Array.of(round, peer));
        run(7);
      }
    }
  };
  return { world, counts, run, join, publishAll };
}

describe('anti-entropy by ranges, in a group', () => {
  test('alone brings every message to every peer, over lossy links', () => {
    const { counts, run, publishAll } = bed({ dissemination: RANGES }, { loss: 0.05 });
    publishAll(5);
    run(60_000);
    expect(counts.delivered).toEqual(new Map(Array.from({ length: HOSTS }, (_, peer) => [peer, 5 * HOSTS])));
  });

  test('repairs what a flood did not bring to peers that were away', () => {
    const { world, counts, run, join, publishAll } = bed({ dissemination: 'flooding', repair: RANGES });
    publishAll(2);
    world.crash(7);
    world.publish(3, new Uint8Array(1));
    run(5000);
    counts.delivered.delete(7);
    join(7);
    run(30_000);
    // All that was published before is new to the peer that has forgotten everything.
    expect([counts.delivered.get(7), counts.delivered.get(3)]).toEqual([2 * HOSTS + 1, 2 * HOSTS + 1]);
  });

  test('sends nothing again that histories of limited length have dropped', () => {
    const { counts, run, publishAll } = bed({ dissemination: 'flooding', repair: RANGES, historyMessagesMax: 50 });
    publishAll(4);
    run(30_000);
    expect(counts.delivered).toEqual(new Map(Array.from({ length: HOSTS }, (_, peer) => [peer, 4 * HOSTS])));
  });

  test('in quiet times costs the same whatever was published, where digests cost as much as there are publishers', () => {
    const quietBytes = (options: GroupOptions, rounds: number): number => {
      const { counts, run, publishAll } = bed({ dissemination: 'flooding', ...options });
      publishAll(rounds);
      run(20_000);
      counts.comparedBytes = 0;
      run(10_000);
      return counts.comparedBytes / 10 / HOSTS;
    };
    const byRanges = [1, 10].map((rounds) => quietBytes({ repair: RANGES }, rounds));
    expect(byRanges).toEqual([21, 21]);
    expect(quietBytes({ repair: 'anti-entropy' }, 1)).toBeGreaterThan(20 * HOSTS);
  });

  test('same seed, same trace, whether objects cross or their bytes', () => {
    const hash = (wire: 'objects' | 'bytes'): string => {
      const { world, run, publishAll } = bed({ dissemination: RANGES, overlay: 'cyclon' }, { wire, loss: 0.05 }, 20);
      publishAll(5);
      run(10_000);
      return world.traceHash;
    };
    expect(hash('bytes')).toBe(hash('objects'));
  });
});
