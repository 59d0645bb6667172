import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { overlaySim, withFolder } from './run-cli.ts';

const SMALL = {
  format: 'overlaycast-scenario/1',
  name: 'small',
  underlay: { kind: 'equal', hosts: 3, delayMs: 10 },
  group: { dissemination: 'flooding', repair: 'anti-entropy' },
  peers: { count: 3 },
  publishes: { count: 4, fromMs: 2000, everyMs: 100, peers: [0, 2] },
};

/** Two peers that can never reach each other: nothing heals that in time. */
const APART = {
  ...SMALL,
  name: 'apart',
  faults: [{ kind: 'crash', peer: 1, atMs: 1000 }, { kind: 'crash', peer: 2, atMs: 1000, restartAfterMs: 500 }, { kind: 'partition', sides: [[0], [2]], atMs: 1400, forMs: 60_000 }],
  settleMs: 0,
};

function run(document: unknown, ...args: readonly string[]): ReturnType<typeof overlaySim> {
  return overlaySim(['run', '-', ...args], JSON.stringify(document));
}

describe('overlay-sim run', () => {
  test('runs the example of its own help', () => {
    const { stdout: help } = overlaySim(['run', '--help']);
    const example = /Example:\n([^]*?)\n\n/.exec(help)?.[1] ?? '';
    const { status, stdout, stderr } = overlaySim(['run', '-'], example);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.trimEnd().replace(/\nms /, ' ms ').split('\n');
    expect(lines.map((line) => line.replaceAll(/\d+(?:\.\d+)?/g, '#').replace(/trace .*/, 'trace'))).toEqual([
      'scenario, seed #: # peers, # messages published, # skipped, # deliveries, # events in # ms of virtual time',
      'fault partition at # ms affected # packets',
      'fault crash at # ms affected # peers',
      'every invariant held; trace',
    ]);
  });

  test('says what a scenario that holds came to, the same by bytes', () => {
    const once = run(SMALL);
    expect(once).toMatchObject({ status: 0, stderr: '' });
    expect(once.stdout).toMatch(/^small, seed 1: 3 peers, 8 messages published, 0 skipped, 24 deliveries, \d+ events in \d+ ms of\s+virtual time\nevery invariant held; trace [\da-f]{16}\n$/);
    expect(run(SMALL, '--wire', 'bytes').stdout).toBe(once.stdout);
  });

  test('ends with status 1 where something is violated, and says a fault that affected nothing', () => {
    const { status, stdout } = run({ ...APART, faults: [...APART.faults, { kind: 'crash', peer: 1, atMs: 1100 }] });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^violated: connected at 61400 ms: 1 of 2 live peers cannot be reached from peer 0: 2$/m);
    expect(stdout).toContain('fault crash at 1100 ms affected nothing\n');
    expect(stdout).toMatch(/^\d violated; trace/m);
  });

  test('--json has the scenario in full and the result, in a file too', () => {
    withFolder((folder) => {
      const [file, result] = [join(folder, 'scenario.json'), join(folder, 'result.json')];
      writeFileSync(file, JSON.stringify(SMALL));
      expect(overlaySim(['run', file, '--seed', '2', '--quiet', '--json', result])).toEqual({ status: 0, stdout: '', stderr: '' });
      expect(JSON.parse(readFileSync(result, 'utf8'))).toMatchObject({
        format: 'overlaycast-run/1',
        scenario: { seed: 2, faults: [], peers: [{ host: 0, joinMs: 0 }, { host: 1, joinMs: 100 }, { host: 2, joinMs: 200 }] },
        result: { violations: [], faults: [], published: 8, skipped: 0, deliveries: 24 },
      });
    });
  });

  test('says that commands are for an application', () => {
    expect(run({ ...SMALL, commands: [{ atMs: 1, peer: 0, command: 1 }] }).stdout).toContain('1 commands are for an application, and none runs here: they were skipped\n');
  });

  test('--twice holds where a run can be repeated, by any wire', () => {
    for (const wire of ['objects', 'bytes', 'datagrams']) expect(run(SMALL, '--wire', wire, '--twice', '--quiet')).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('reads a file that begins with a byte order mark', () => {
    expect(overlaySim(['run', '-', '--quiet'], `\uFEFF${JSON.stringify(SMALL)}`)).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('names the field that is wrong, with status 2', () => {
    expect(run({ ...SMALL, faults: [{ kind: 'loss', atMs: 0, forMs: 1, p: 2 }] })).toEqual({ status: 2, stdout: '', stderr: 'overlay-sim: standard input: faults[0].p: expected a number from 0 to 1, got 2.\n' });
  });
});

describe('overlay-sim swarm', () => {
  test('says before it starts that failing seeds could not be kept', () => {
    withFolder((folder) => {
      const file = join(folder, 'file');
      writeFileSync(file, '');
      expect(overlaySim(['swarm', '--seeds', '1', '--save', file])).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining(`overlay-sim: ${file}: cannot be written`) });
    });
  });

  test('has the same summary by one thread and by two', () => {
    withFolder((folder) => {
      const by = (workers: string): unknown => {
        const { status, stdout } = overlaySim(['swarm', '--seeds', '48', '--from', '2001', '--workers', workers, '--quiet', '--save', folder, '--json', '-']);
        return { status, summary: JSON.parse(stdout) };
      };
      const one = by('1');
      expect(one).toMatchObject({ status: 0, summary: { format: 'overlaycast-swarm/1', from: 2001, seeds: 48, failing: [], ranTwice: 9 } });
      expect(by('2')).toEqual(one);
    });
  });
});
