import { afterEach, describe, expect, test, vi } from 'vitest';
import { FrameWindow } from '../../../lib/transport/udp/frame-window.ts';
import { Reassembly } from '../../../lib/transport/udp/reassembly.ts';
import { ReceivedPackets } from '../../../lib/transport/udp/received-packets.ts';
import { runStack } from '../../../sim/stack/run-stack.ts';
import { ringScenario } from './scenario.ts';

const SEEDS_MAX = 5;

/** The first violation that the first seeds show. */
async function caught(): Promise<{ readonly invariant: string; readonly seed: number } | undefined> {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    // Without repair, so that nothing brings by another way what a link has lost; it settles soon, since it cannot settle.
    const scenario = { ...ringScenario(seed, [{ kind: 'loss', p: 0.15, atMs: 1000, forMs: 5000 }], { dissemination: 'flooding' }), settleMs: 10_000 };
    const { violations: [violation] } = await runStack(scenario);
    if (violation !== undefined) return { invariant: violation.invariant, seed };
  }
  return undefined;
}

describe('broken UDP links are caught', () => {
  afterEach(() => { vi.restoreAllMocks(); });

  test('those that are not broken pass', async () => {
    expect(await caught()).toBe(undefined);
  });

  test('an acknowledgement of a lost fragment', async () => {
    const takeAck = ReceivedPackets.prototype.takeAck;
    vi.spyOn(ReceivedPackets.prototype, 'takeAck').mockImplementation(function (this: ReceivedPackets, nowMs) {
      const { ranges, delayMs } = takeAck.call(this, nowMs);
      // From the first of all to the last of all, whatever is missing between.
      return { ranges: [ranges.at(-2) ?? 0, ranges[1] ?? 0], delayMs };
    });
    expect(await caught()).toEqual({ invariant: 'links-bring', seed: 1 });
  });

  test('a reassembly that forgets a fragment', async () => {
    const add = Reassembly.prototype.add;
    let count = 0;
    vi.spyOn(Reassembly.prototype, 'add').mockImplementation(function (this: Reassembly, fragment, packetBytes) {
      return ++count % 20 === 0 ? 'kept' : add.call(this, fragment, packetBytes);
    });
    expect(await caught()).toEqual({ invariant: 'links-bring', seed: 1 });
  });

  test('a frame that is brought again with each retransmission', async () => {
    vi.spyOn(FrameWindow.prototype, 'add').mockImplementation(() => {});
    expect(await caught()).toEqual({ invariant: 'links-true', seed: 1 });
  });
});
