import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type AppMessage, type Application, type Fault, type HoldsOptions, type Host, type Invariant, type Scenario, ScenarioFailure, type StackView, holds, parseScenario, scenarios, simulate, simulateStack } from '../../sim/testing/index.ts';

/** Counts what it is told, on disk; a number that is told to one is told to all. */
class Counter implements Application {
  total: number;
  private readonly host: Host;

  constructor(host: Host) {
    this.host = host;
    this.total = host.saved()?.[0] ?? 0;
  }

  onCommand(): void {
    if (!this.host.publish(Uint8Array.of(1))) this.host.after(200, () => this.onCommand());
  }

  onMessage({ payload }: AppMessage): void {
    this.total += payload[0] ?? 0;
    this.host.save(Uint8Array.of(this.total));
  }
}

const WIRES = { objects: (scenario: Scenario, options: HoldsOptions<Counter>) => Promise.resolve(simulate(scenario, options)), datagrams: simulateStack<Counter> } as const;
const application = (host: Host): Counter => new Counter(host);

/** Three peers; two commands before and one after the crash of peer 2, which is told nothing of the past when it is back. */
function withCrash(fault: Partial<Extract<Fault, { kind: 'crash' }>> = {}): Scenario {
  return {
    format: 'overlaycast-scenario/1', name: 'counters', seed: 1, underlay: { kind: 'equal', hosts: 3, delayMs: 5 }, group: { dissemination: 'flooding', since: 'now' },
    peers: [0, 1, 2].map((host) => ({ host, joinMs: host * 100 })), publishes: [],
    commands: [{ atMs: 2000, peer: 0, command: 'count' }, { atMs: 2100, peer: 1, command: 'count' }, { atMs: 8000, peer: 0, command: 'count' }],
    faults: [{ kind: 'crash', peer: 2, atMs: 3000, restartAfterMs: 500, ...fault }],
    settleMs: 30_000,
  };
}

describe.each(['objects', 'datagrams'] as const)('an application on peers whose messages cross as %s', (wire) => {
  const totalsAfter = async (scenario: Scenario): Promise<readonly number[]> => {
    let totals: readonly number[] = [];
    const agree = (counters: ReadonlyMap<number, Counter>): undefined => { totals = [...counters.values()].map(({ total }) => total); };
    expect((await WIRES[wire](scenario, { application, agree })).violations).toEqual([]);
    return totals;
  };

  test('finds what it has saved after a crash', async () => {
    expect(await totalsAfter(withCrash())).toEqual([3, 3, 3]);
    expect(await totalsAfter(withCrash({ disk: 'kept' }))).toEqual([3, 3, 3]);
  });

  test('finds nothing where the disk is lost, too', async () => {
    expect(await totalsAfter(withCrash({ disk: 'lost' }))).toEqual([3, 3, 1]);
  });

  test('does the same each time', async () => {
    const run = async (): Promise<readonly string[]> => {
      const { traceHash, stateHash } = await WIRES[wire](withCrash(), { application });
      return [traceHash, stateHash];
    };
    expect(await run()).toEqual(await run());
  });

  test('is watched by invariants of its own', async () => {
    const few: Invariant<StackView> = {
      name: 'few', claim: 'nobody counts to two', kind: 'safety',
      watch: (run, report) => ({ onTick: () => run.up.forEach((peer) => { if ((run.application(peer) as Counter).total > 1) report('counts to two', peer); }) }),
    };
    const { violations: [first] } = await WIRES[wire](withCrash(), { application, invariants: [few] });
    expect(first).toMatchObject({ invariant: 'few', what: 'counts to two', atMs: 2250 });
  });
});

test('an application that acts again and again, at once, is stopped', () => {
  const restless = (host: Host): Application => {
    const act = (): void => host.after(0, act);
    act();
    return { onMessage: () => {} };
  };
  expect(simulate(withCrash(), { application: restless }).violations).toEqual([{ invariant: 'no-storm', atMs: expect.any(Number), what: 'what happens does not come to an end' }]);
});

/** The largest number that anybody has said; broken, it takes the last. */
class Largest implements Application {
  largest = 0;
  private readonly host: Host;
  private readonly isBroken: boolean;

  constructor(host: Host, isBroken: boolean) {
    this.host = host;
    this.isBroken = isBroken;
  }

  onCommand(command: unknown): void {
    if (!this.host.publish(Uint8Array.of(Number(command)))) this.host.after(200, () => this.onCommand(command));
  }

  onMessage({ payload }: AppMessage): void {
    const said = payload[0] ?? 0;
    this.largest = this.isBroken ? said : Math.max(this.largest, said);
  }
}

function options(isBroken: boolean, wire: 'objects' | 'datagrams'): HoldsOptions<Largest> {
  return {
    wire,
    application: (host) => new Largest(host, isBroken),
    agree: (all) => {
      const seen = [...new Set([...all.values()].map(({ largest }) => largest))].sort((x, y) => x - y);
      return seen.length < 2 ? undefined : `they have ${seen.join(' and ')}`;
    },
  };
}

const SEED = 5;

function check(isBroken: boolean, wire: 'objects' | 'datagrams', numRuns: number): Promise<void> {
  const drawn = scenarios({ commands: fc.integer({ min: 1, max: 9 }), group: { order: 'none', since: 'history' }, peersMax: 6 });
  return fc.assert(fc.asyncProperty(drawn, holds(options(isBroken, wire))), { seed: SEED, numRuns });
}

async function failureOf(run: () => Promise<void>): Promise<ScenarioFailure> {
  try {
    await run();
  } catch (error) {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) if (cause instanceof ScenarioFailure) return cause;
    throw error;
  }
  throw new Error('expected a ScenarioFailure, got none');
}

describe.each(['objects', 'datagrams'] as const)('holds, by %s', (wire) => {
  afterEach(() => { vi.unstubAllEnvs(); });

  test(`passes an application that converges (seed ${SEED})`, async () => {
    await check(false, wire, wire === 'objects' ? 20 : 5);
  });

  test(`makes small what breaks one that does not, keeps it, and runs it again when told its file (seed ${SEED})`, async () => {
    const { scenario, message, violation } = await failureOf(() => check(true, wire, 20));
    expect(violation).toMatchObject({ invariant: 'applications-agree', what: expect.stringMatching(/^they have \d and \d$/) });
    expect([scenario.peers.length, scenario.commands?.length]).toEqual([2, 2]);
    expect(scenario.faults.length).toBeLessThanOrEqual(1);
    const [, file = '', command = ''] = /^to run it again: this test with OVERLAYCAST_SCENARIO=(\S+); the protocols alone: (.*)$/m.exec(message) ?? [];
    expect(command).toBe(`overlay-sim run ${file} --seed ${scenario.seed}${wire === 'datagrams' ? ' --wire datagrams' : ''}`);
    expect(parseScenario(JSON.parse(readFileSync(file, 'utf8')))).toEqual(scenario);
    expect(message).toContain(`seed ${scenario.seed}, 2 peers, ${scenario.faults.length} faults, 2 messages and commands: ${JSON.stringify(scenario)}`);

    vi.stubEnv('OVERLAYCAST_SCENARIO', file);
    const again = await failureOf(() => check(true, wire, 1));
    expect([again.violation, again.scenario]).toEqual([violation, scenario]);
    await check(false, wire, 1);
  });
});

test('what fails without an application is run again by the command alone', async () => {
  const scenario = withCrash();
  const impatient = { ...scenario, commands: [], faults: [{ kind: 'partition', sides: [[0], [1, 2]], atMs: 500, forMs: 4000 }], settleMs: 0 } as const;
  const { message } = await failureOf(() => holds({ shrinkMsMax: 0 })(impatient));
  expect(message).toMatch(/^to run it again: overlay-sim run \S+scenario\.json --seed 1$/m);
});
