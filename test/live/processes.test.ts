import { afterEach, describe, expect, test } from 'vitest';
import type { JoinOptions, PeerOptions } from '../../lib/node/options.ts';
import type { Counts } from './support/member.ts';
import { MemberProcess } from './support/processes.ts';
import { LONG, until } from './support/until.ts';

/** Starts processes with `sizes` peers each, all joined through the first peer. */
class Crowd {
  readonly processes: MemberProcess[] = [];

  async open(sizes: readonly number[], options: PeerOptions, join: JoinOptions = {}): Promise<void> {
    for (const _ of sizes) this.processes.push(new MemberProcess());
    const [first, ...others] = this.processes;
    if (first === undefined) return;
    await first.open({ peers: sizes[0] as number, options, join });
    const bootstrap = first.addresses[0] ?? [];
    await Promise.all(others.map((process, i) => process.open({ peers: sizes[i + 1] as number, options: { ...options, bootstrap }, join })));
  }

  /** Waits until all peers of `processes` are ready. */
  async ready(processes: readonly MemberProcess[] = this.processes): Promise<void> {
    await Promise.all(processes.map((process) => process.ready()));
  }

  async counts(prefix: string, processes: readonly MemberProcess[] = this.processes): Promise<Counts[]> {
    return (await Promise.all(processes.map((process) => process.counts(prefix)))).flat();
  }

  /** Waits until each peer of `processes` has `messages` with that prefix. */
  async have(messages: number, prefix: string, deadlineMs: number, processes: readonly MemberProcess[] = this.processes): Promise<void> {
    const holds = async (): Promise<boolean> => (await this.counts(prefix, processes)).every(({ different }) => different === messages);
    await until(holds, deadlineMs, async () => (await this.counts(prefix, processes)).map(({ different }) => different));
  }

  /** Payloads per peer and message beyond the one needed, between two moments: the relative message redundancy. */
  async redundancy(messages: number, action: () => Promise<void>, processes: readonly MemberProcess[]): Promise<number> {
    const duplicates = async (): Promise<number> => (await Promise.all(processes.map((process) => process.stats()))).reduce((sum, stats) => sum + stats.duplicates, 0);
    const before = await duplicates();
    await action();
    const peers = (await this.counts('', processes)).length;
    return (await duplicates() - before) / (messages * (peers - 1));
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.splice(0).map((process) => process.kill()));
  }
}

const crowd = new Crowd();
afterEach(() => crowd.close());

const LISTEN = { udp: 'udp://127.0.0.1:0', tcp: 'tcp://127.0.0.1:0' };

describe.each(['udp', 'tcp'] as const)('64 peers in four processes over %s', (kind) => {
  test('deliver everything once, and go on when 30 % of them are killed at once', async () => {
    // Killing the last one takes 19 of 64.
    await crowd.open([15, 15, 15, 19], { listen: LISTEN[kind], preset: 'local' });
    await crowd.ready();
    const startMs = performance.now();
    await Promise.all(Array.from({ length: 8 }, (_, i) => (crowd.processes[i % 4] as MemberProcess).publish(i >> 2, `first-${i}`, 125, 8)));
    await crowd.have(1000, 'first', 30_000);
    if (LONG) console.log(`${kind}: 1000 messages to 63 peers in ${(performance.now() - startMs).toFixed()} ms`);
    const survivors = crowd.processes.slice(0, 3);
    const publishing = Promise.all(survivors.map((process, i) => process.publish(1, `second-${i}`, 150, 40)));
    await until(async () => (await crowd.counts('second-0')).every(({ different }) => different > 10), 20_000);
    await (crowd.processes[3] as MemberProcess).kill();
    const killedMs = performance.now();
    await publishing;
    await crowd.have(450, 'second', 30_000, survivors);
    await until(() => performance.now() - killedMs > 5000, 10_000);
    const redundancies: number[] = [];
    // On a busy machine announcements overtake payloads, and it takes more rounds until the tree rests.
    for (let round = 0; round < 12 && Math.min(1, ...redundancies) >= 0.1; round++) {
      redundancies.push(await crowd.redundancy(100, async () => {
        await (survivors[0] as MemberProcess).publish(2, `later-${round}`, 100, 10);
        await crowd.have(100, `later-${round}`, 20_000, survivors);
      }, survivors));
    }
    const redundancy = Math.min(...redundancies);
    const twice = (await crowd.counts('', survivors)).reduce((sum, counts) => sum + counts.twice, 0);
    expect({ twice, redundancies, tree: redundancy < 0.1 }).toMatchObject({ twice: 0, tree: true });
    expect(survivors.map(({ errors }) => errors)).toEqual(['', '', '']);
  }, 120_000);
});

describe('a process that is stopped', () => {
  test.each([['seconds', 8000], ...(LONG ? [['a minute', 60_000] as const] : [])] as const)('for %s rejoins and gets what it missed', async (_, stoppedMs) => {
    await crowd.open([5, 5, 4], { listen: ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0'], preset: 'local' });
    await crowd.ready();
    const [first, , stopped] = crowd.processes as [MemberProcess, MemberProcess, MemberProcess];
    await first.publish(0, 'before', 20, 5);
    await crowd.have(20, 'before', 10_000);
    stopped.signal('SIGSTOP');
    const stoppedAtMs = performance.now();
    await first.publish(1, 'during', 100, 30);
    await crowd.have(100, 'during', 20_000, crowd.processes.slice(0, 2));
    await until(() => performance.now() - stoppedAtMs > stoppedMs, stoppedMs + 1000);
    stopped.signal('SIGCONT');
    await stopped.ready();
    await crowd.have(100, 'during', 30_000);
    await first.publish(2, 'after', 20, 5);
    await stopped.publish(0, 'own', 20, 5);
    await crowd.have(20, 'after', 10_000);
    await crowd.have(20, 'own', 10_000);
    expect((await crowd.counts('')).reduce((sum, { twice }) => sum + twice, 0)).toBe(0);
  }, 180_000);
});
