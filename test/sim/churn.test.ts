import { describe, expect, test } from 'vitest';
import { type GroupOptions, groupConfig } from '../../lib/core/config.ts';
import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import { Random } from '../../lib/core/random.ts';
import { Plumtree } from '../../lib/dissemination/plumtree.ts';
import { HyParView } from '../../lib/membership/hyparview.ts';
import type { Group } from '../../lib/peer/group.ts';
import { GROUP, World } from '../../sim/world/world.ts';
import { equalPaths } from './equal-delays.ts';

const HOSTS = 60;
const SEED = 9;
const MINUTE_MS = 60_000;
/** An hour with `LONG=1`, which takes minutes. */
const MINUTES = process.env['LONG'] === '1' ? 60 : 15;

/** Below what an hour offers, so that each limit is met. */
const LIMITS = { originsMax: 40, historyMessagesMax: 100, orderBufferMax: 50 } as const;
const MISSING_MAX = 64;

/** What a group keeps, by part. */
interface Kept {
  readonly origins: number;
  readonly history: number;
  readonly neighbours: number;
  readonly passive: number;
  readonly missing: number;
  readonly announcements: number;
  readonly heldBack: number;
}

function keptBy(group: Group): Kept {
  const { log, overlay, dissemination } = group;
  if (!(overlay instanceof HyParView && dissemination instanceof Plumtree)) throw new Error('not the group that was joined');
  return {
    origins: log.digest().length,
    history: log.lackedBy([], Infinity).length,
    neighbours: overlay.neighbours.length,
    passive: overlay.passive.length,
    missing: dissemination.awaited,
    announcements: dissemination['lazyQueue']?.length ?? 0,
    heldBack: log.heldBack(Infinity).length,
  };
}

/** A group whose members come, go and fail, each a minute or a few after the other, and publish. */
class Churn {
  readonly world = new World(equalPaths(HOSTS), { seed: SEED, loss: 0.01 });
  private readonly random = new Random(SEED).fork('churn');
  private readonly config;
  readonly counts = { joins: 0, leaves: 0, crashes: 0, publishes: 0 };

  constructor(options: GroupOptions) {
    this.config = groupConfig(options);
    for (let host = 0; host < HOSTS; host++) this.join(host);
    this.act();
  }

  get members(): number[] {
    return Array.from({ length: HOSTS }, (_, host) => host).filter((host) => this.world.engine(host) !== undefined);
  }

  groups(): Group[] {
    return this.members.flatMap((host) => this.world.engine(host)?.group(GROUP) ?? []);
  }

  /** Events that wait, and what they refer to. */
  get waiting(): readonly [events: number, slots: number] {
    return [this.world['queue'].size, this.world['slab']['items'].length];
  }

  private act(): void {
    this.world.at(this.world.nowMs + 2 * this.random.below(1000), () => {
      this.act();
      const dice = this.random.below(10);
      const host = this.random.below(HOSTS);
      if (this.world.engine(host) === undefined) this.join(host);
      else if (dice === 0) this.go('leaves', host);
      else if (dice === 1) this.go('crashes', host);
      else this.publish(host);
    });
  }

  private join(host: number): void {
    this.counts.joins++;
    const contact = this.random.pick(this.members);
    this.world.join(host, this.config, contact === undefined ? [] : [peerRef(contact)] as readonly PeerRef[]);
  }

  private go(how: 'leaves' | 'crashes', host: number): void {
    this.counts[how]++;
    if (how === 'leaves') this.world.leave(host);
    else this.world.crash(host);
  }

  private publish(host: number): void {
    if (this.world.engine(host)?.group(GROUP)?.overlay.neighbours.length === 0) return;
    this.counts.publishes++;
    this.world.publish(host, new Uint8Array(100));
  }
}

function mostOf(all: readonly Kept[]): Kept {
  const most = (of: (kept: Kept) => number): number => Math.max(...all.map(of));
  return {
    origins: most(({ origins }) => origins),
    history: most(({ history }) => history),
    neighbours: most(({ neighbours }) => neighbours),
    passive: most(({ passive }) => passive),
    missing: most(({ missing }) => missing),
    announcements: most(({ announcements }) => announcements),
    heldBack: most(({ heldBack }) => heldBack),
  };
}

describe(`${MINUTES} minutes of churn`, () => {
  test.each(['none', 'fifo', 'causal'] as const)(`in order %s keeps what each group holds, and what waits, within bounds (seed ${SEED})`, (order) => {
    const churn = new Churn({ ...LIMITS, order, since: 'now', repair: 'anti-entropy', dissemination: { kind: 'plumtree', missingMax: MISSING_MAX } });
    const minutes: { readonly most: Kept; readonly waiting: readonly [number, number] }[] = [];
    for (let minute = 1; minute <= MINUTES; minute++) {
      churn.world.run(minute * MINUTE_MS);
      minutes.push({ most: mostOf(churn.groups().map(keptBy)), waiting: churn.waiting });
    }
    const most = mostOf(minutes.map((one) => one.most));
    expect(most.origins).toBe(LIMITS.originsMax);
    expect(most.history).toBe(LIMITS.historyMessagesMax);
    expect(most.neighbours).toBe(5);
    expect(most.passive).toBe(30);
    expect(most.missing).toBeLessThanOrEqual(MISSING_MAX);
    expect(most.announcements).toBeLessThanOrEqual(200);
    expect(most.heldBack).toBeLessThanOrEqual(LIMITS.orderBufferMax);
    const highest = (part: typeof minutes, of: 0 | 1): number => Math.max(...part.map(({ waiting }) => waiting[of]));
    // The last quarter against the second: the first fills the tables.
    const quarter = Math.floor(MINUTES / 4);
    for (const of of [0, 1] as const) expect(highest(minutes.slice(-quarter), of)).toBeLessThanOrEqual(2 * highest(minutes.slice(quarter, 2 * quarter), of));
    expect(Math.min(...Object.values(churn.counts))).toBeGreaterThan(50);
  }, 4 * MINUTE_MS);
});
