import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { PRECISE_CLOCK } from '../../bin/live/precise-clock.ts';
import { withLive } from '../../bin/live/with-live.ts';
import { type ComparisonOptions, comparison, simulate } from '../../sim/experiments/comparison.ts';
import type { ProtocolResult, Report } from '../../sim/report/report.ts';
import { renderTable } from '../../sim/report/table.ts';
import { builtinUnderlay } from '../../sim/underlay/builtin.ts';
import { generateTopology } from '../../sim/underlay/generate/generators.ts';
import type { Underlay } from '../../sim/underlay/underlay.ts';
import { ROOT } from '../sim/run-cli.ts';

/** No live run of these takes as long. */
const DEADLINE_MS = 35_000;

/** What a busy machine may add to a delivery over several hops, in ms: a thousand times what an idle one does. */
const LATE_MS = 10_000;

const MAPS: readonly (readonly [string, Underlay])[] = [
  ['the textbook map', builtinUnderlay('textbook')],
  ['a Waxman map of 16 hosts', generateTopology('waxman', { routers: 16 }, 3)],
];
const CASES = MAPS.flatMap(([name, underlay]) => (['udp', 'tcp'] as const).map((transport) => ({ name, underlay, transport })));

/** Simulates, runs live, and fails when that takes too long. */
function live(underlay: Underlay, transport: 'udp' | 'tcp', options: ComparisonOptions): Promise<Report> {
  const chosen = comparison(underlay, 'map', options);
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no report within ${DEADLINE_MS} ms`)), DEADLINE_MS);
  });
  return Promise.race([withLive(chosen, simulate(chosen), transport), deadline]).finally(() => clearTimeout(timer));
}

/** What of a result does not hang on the machine's clock. */
function timeless(result: ProtocolResult): Partial<ProtocolResult> {
  const { lastDeliveryMs: _last, meanDeliveryMs: _mean, measuredMs: _measured, events: _events, traceHash: _hash, ...rest } = result;
  return rest;
}

describe.concurrent('over a given tree, live peers', () => {
  test.for(CASES)('have the figures of the simulation on $name over $transport, times apart', { timeout: 2 * DEADLINE_MS }, async ({ underlay, transport }, { expect: check }) => {
    const { results, live: lived = [], differences = [], notes } = await live(underlay, transport, { protocols: ['unicast', 'mst'], source: 'random:2', warmUpMessages: 1, messages: 2, payloadBytes: 3000 });
    check(lived.map(timeless)).toEqual(results.map(timeless));
    check(lived.map(({ reliability, messages }) => [reliability, messages])).toEqual([[1, 4], [1, 4]]);
    for (const difference of differences) {
      // No frame comes before its route would have brought it; the simulated clock is rounded to microseconds.
      check(difference.meanDeliveryMs).toBeGreaterThan(-0.01);
      check(difference.lastDeliveryMs).toBeLessThan(LATE_MS);
      check([difference.linkStress?.undirected.all.sum, difference.rdp?.mean, difference.treeCost.value, difference.relativeMessageRedundancy]).toEqual([0, 0, 0, 0]);
    }
    check(notes.some((note) => note.includes('under way, or lost'))).toBe(false);
  });
});

describe.concurrent('with Plumtree, live peers', () => {
  test.for(CASES)('build a tree as one of ten seeds does on $name over $transport', { timeout: 2 * DEADLINE_MS }, async ({ underlay, transport }, { expect: check }) => {
    const options = { protocols: ['plumtree'], warmUpMessages: 5, messages: 3 };
    const seeds = Array.from({ length: 10 }, (_, index) => simulate(comparison(underlay, 'map', { ...options, seed: index + 1 })).results[0]);
    const report = await live(underlay, transport, options);
    const [result] = report.live ?? [];
    check([result?.reliability, result?.relativeMessageRedundancy]).toEqual([1, 0]);
    expectWithinSpread(check, result?.treeCost.value, seeds.map((seed) => seed?.treeCost.value));
    expectWithinSpread(check, result?.rdp?.mean, seeds.map((seed) => seed?.rdp?.mean));
    // Neighbours were found as in the simulation, and links carry what it says.
    expectWithinSpread(check, result?.overlayGraph?.degree.mean, seeds.map((seed) => seed?.overlayGraph?.degree.mean));
    expectWithinSpread(check, result?.normalizedResourceUsage, seeds.map((seed) => seed?.normalizedResourceUsage));
    check(result?.controlMessages).toBeGreaterThan(0);
  });
});

/** Within the values of all seeds, widened by a quarter of their spread and a tenth, since ten seeds are few. */
function expectWithinSpread(check: typeof expect, value: number | null | undefined, of: readonly (number | null | undefined)[]): void {
  const seeds = of.map((seed) => seed ?? NaN);
  const [low, high] = [Math.min(...seeds), Math.max(...seeds)];
  const room = (high - low) / 4;
  check(value).toBeGreaterThanOrEqual((low - room) * 0.9);
  check(value).toBeLessThanOrEqual((high + room) * 1.1);
}

describe.concurrent('live peers', () => {
  test('spread rumors and compare digests in the cycles of the simulation', { timeout: 2 * DEADLINE_MS }, async ({ expect: check }) => {
    const { live: [rumor, antiEntropy] = [] } = await live(builtinUnderlay('textbook'), 'udp', { protocols: ['rumor:push-pull:k=3:cycleMs=250', 'anti-entropy:cycleMs=250'], warmUpMessages: 0, messages: 1 });
    check(rumor?.epidemic?.traffic).toBeGreaterThan(0.8);
    check(antiEntropy).toMatchObject({ protocol: 'anti-entropy:cycleMs=250', reliability: 1, epidemic: { residue: 0 } });
    check(antiEntropy?.epidemic?.tLastCycles).toBeLessThan(10);
  });

  test('of two runs in one process do not count each other\'s traffic', { timeout: 2 * DEADLINE_MS }, async ({ expect: check }) => {
    const options = { protocols: ['mst'], warmUpMessages: 0, messages: 1 };
    const reports = await Promise.all([1, 2].map((seed) => live(builtinUnderlay('textbook'), 'tcp', { ...options, seed })));
    for (const { differences } of reports) check(differences?.map(({ payloadBytes, controlBytes }) => [payloadBytes, controlBytes])).toEqual([[0, 0]]);
  });

  test('are shown below the simulation, by the command, in 100 columns; the process ends by itself', { timeout: 2 * DEADLINE_MS }, async ({ expect: check }) => {
    const folder = await mkdtemp(join(tmpdir(), 'overlaycast-'));
    try {
      const json = join(folder, 'report.json');
      const { FORCE_COLOR: _, ...env } = process.env;
      const command = ['--import', import.meta.resolve('tsx'), join(ROOT, 'bin', 'overlay-sim.ts'), 'builtin:textbook', '--protocol', 'ip-multicast,mst', '--live', 'udp', '--warm-up', '0', '--json', json];
      const { stdout, stderr } = await promisify(execFile)(process.execPath, command, { cwd: ROOT, env, timeout: DEADLINE_MS });
      const report: Report = JSON.parse(readFileSync(json, 'utf8'));
      check(stderr).toBe('');
      check(stdout).toBe(renderTable(report));
      check(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
      check(stdout).toMatch(/^ {2}ip-multicast( +[\d.]+)+\n {4}live( +-)+\n {2}mst( +[\d.]+)+\n {4}live( +[\d.]+)+\n {4}difference( +[-+]?[\d.]+)+\n/m);
      check(report.live?.map(({ protocol }) => protocol)).toEqual(['mst']);
      check(report.notes.at(-1)).toBe('IP multicast has no live form: it needs routers that copy.');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test('the precise clock is never early, and forgets what is cancelled', async () => {
  const early: number[] = [];
  const timers = [0, 0.3, 1.5, 2.5, 7].map((afterMs) => new Promise<void>((resolve) => {
    const dueMs = PRECISE_CLOCK.nowMs() + afterMs;
    PRECISE_CLOCK.setTimer(afterMs, () => resolve(void early.push(Math.min(0, PRECISE_CLOCK.nowMs() - dueMs))));
  }));
  let cancelled = true;
  for (const afterMs of [0, 1, 4]) PRECISE_CLOCK.setTimer(afterMs, () => { cancelled = false; }).cancel();
  const kept = setTimeout(() => {}, DEADLINE_MS);
  await Promise.all(timers);
  clearTimeout(kept);
  expect([early, cancelled]).toEqual([[0, 0, 0, 0, 0], true]);
});
