import { describe, expect, test } from 'vitest';
import { INVARIANTS } from '../../../sim/scenario/invariants.ts';
import { runScenario } from '../../../sim/scenario/run-scenario.ts';
import type { Fault } from '../../../sim/scenario/scenario.ts';
import { runStack } from '../../../sim/stack/run-stack.ts';
import { ringScenario } from './scenario.ts';

const FAULTS: readonly Fault[] = [
  { kind: 'loss', p: 0.2, atMs: 2500, forMs: 3000 },
  { kind: 'duplication', p: 0.3, atMs: 2500, forMs: 3000 },
  { kind: 'reordering', p: 0.3, byMs: 100, atMs: 2500, forMs: 3000 },
  { kind: 'corruption', p: 0.2, atMs: 2500, forMs: 3000 },
  { kind: 'jitter', byMs: 50, atMs: 2500, forMs: 3000 },
  { kind: 'bandwidth', kbps: 200, queueMs: 100, atMs: 2500, forMs: 3000 },
  { kind: 'clog', atMs: 2500, forMs: 2000, between: { from: [1] } },
  { kind: 'partition', sides: [[0, 1, 2], [3, 4, 5]], atMs: 2500, forMs: 3000 },
  { kind: 'partition', sides: [[0, 1, 2], [3, 4, 5]], oneWay: true, atMs: 2500, forMs: 3000 },
  { kind: 'linkFailure', link: ['0', '1'], atMs: 2500, forMs: 3000 },
  { kind: 'routerFailure', router: '2', atMs: 2500, forMs: 3000 },
  { kind: 'crash', peer: 0, atMs: 2500 },
  { kind: 'crash', peer: 3, atMs: 2500, restartAfterMs: 500 },
  { kind: 'massFailure', share: 0.5, atMs: 2500, restartAfterMs: 2000 },
  { kind: 'pause', peer: 2, atMs: 2500, forMs: 2500 },
  { kind: 'leave', peer: 4, atMs: 2500, rejoinAfterMs: 1 },
  { kind: 'slow', peer: 1, inputMs: 10, atMs: 2500, forMs: 3000 },
  { kind: 'clockSkew', peer: 5, rate: 1.7, atMs: 2500, forMs: 3000 },
];

describe('the whole stack on virtual time', () => {
  test('delivers everything to everyone where nothing goes wrong', async () => {
    const { violations, published, skipped, deliveries } = await runStack(ringScenario(1, []));
    // 20 messages, and 3 and 1 when all is good, at each of 6 peers.
    expect({ violations, published, skipped, deliveries }).toEqual({ violations: [], published: 24, skipped: 0, deliveries: 144 });
  });

  test.each(FAULTS.map((fault) => [`${fault.kind}${'oneWay' in fault ? ', one way' : ''}${'restartAfterMs' in fault ? ', restarted' : ''}`, fault] as const))('a fault has its effect, and all is good again after it: %s', async (_, fault) => {
    const { violations, faults, traceHash, events } = await runStack(ringScenario(1, [fault]));
    expect(violations).toEqual([]);
    expect(faults.map(({ affected }) => affected > 0)).toEqual([true]);
    // A second copy of a datagram makes nobody send anything, but it comes.
    const plain = await undisturbed;
    expect([traceHash, events]).not.toEqual([plain.traceHash, plain.events]);
  });

  test('a run says of a fault that affected nothing that it did not', async () => {
    const { faults } = await runStack(ringScenario(1, [{ kind: 'loss', p: 0.5, atMs: 2500, forMs: 1000, between: { from: [77] } }]));
    expect(faults.map(({ affected }) => affected)).toEqual([0]);
  });

  test('the same scenario runs with messages as objects, and what was published and lost to faults is of the same size', async () => {
    const scenario = ringScenario(2, FAULTS.slice(0, 3));
    const [objects, stack] = [runScenario(scenario, { invariants: INVARIANTS }), await runStack(scenario)];
    expect([objects.violations, stack.violations]).toEqual([[], []]);
    expect([stack.published, stack.skipped, stack.deliveries]).toEqual([objects.published, objects.skipped, objects.deliveries]);
    expect(stack.faults.map(({ fault }) => fault)).toEqual(objects.faults.map(({ fault }) => fault));
  });

  test('two runs send the same datagrams and end in the same state; another seed does not', async () => {
    const run = async (seed: number): Promise<readonly unknown[]> => {
      const { traceHash, stateHash, events, deliveries } = await runStack(ringScenario(seed, FAULTS.filter(({ kind }) => kind !== 'partition')));
      return [traceHash, stateHash, events, deliveries];
    };
    const [first, again, other] = [await run(3), await run(3), await run(4)];
    expect(again).toEqual(first);
    expect(other[0]).not.toBe(first[0]);
  });

  test('two runs at the same time do not disturb each other', async () => {
    const scenario = ringScenario(5, FAULTS.slice(0, 1));
    const [one, two] = await Promise.all([runStack(scenario), runStack(scenario)]);
    expect(one.traceHash).toBe((await runStack(scenario)).traceHash);
    expect(two.traceHash).toBe(one.traceHash);
  });

  test('what needs an application is skipped, and a publish without a neighbour too', async () => {
    const scenario = { ...ringScenario(1, []), publishes: [{ atMs: 0, peer: 5, bytes: 10 }], commands: [{ atMs: 100, peer: 0, command: 'x' }] };
    const { published, skipped } = await runStack(scenario);
    expect({ published, skipped }).toEqual({ published: 4, skipped: 2 });
  });
});

const undisturbed = runStack(ringScenario(1, []));
