import { expect, test } from 'vitest';
import type { Application, Host } from '../../../sim/scenario/application.ts';
import type { CommandPlan } from '../../../sim/scenario/scenario.ts';
import { simulateStack } from '../../../sim/testing/index.ts';
import { ringScenario } from './scenario.ts';

/** A set that only grows: each command adds a number, and says so until there is somebody to hear it. */
class Numbers implements Application {
  readonly numbers = new Set<number>();
  private readonly host: Host;

  constructor(host: Host) {
    this.host = host;
  }

  onMessage({ payload }: { readonly payload: Uint8Array }): void {
    this.numbers.add(payload[0] ?? 0);
  }

  onCommand(command: unknown): void {
    if (command === 'fail') throw new Error('told to');
    if (!this.host.publish(Uint8Array.of(Number(command)))) this.host.after(100, () => this.onCommand(command));
  }
}

function agree(applications: ReadonlyMap<number, Numbers>): string | undefined {
  const seen = new Set([...applications.values()].map(({ numbers }) => [...numbers].sort((x, y) => x - y).join(',')));
  return seen.size > 1 ? `sets differ: ${[...seen].join(' and ')}` : undefined;
}

const commands = (what: readonly unknown[]): readonly CommandPlan[] => what.map((command, index) => ({ atMs: 1000 + index * 150, peer: index % 6, command }));

const base = ringScenario(1, [{ kind: 'partition', sides: [[0, 1], [2, 3, 4, 5]], atMs: 1500, forMs: 3000 }, { kind: 'crash', peer: 4, atMs: 2000, restartAfterMs: 1000 }], { repair: 'anti-entropy' });

// The peer that crashes has published before, and must hear of it from others.
test('an application runs on the whole stack, and agrees after faults, one that was started anew included', async () => {
  const { violations, skipped, published } = await simulateStack({ ...base, publishes: [], commands: commands([1, 2, 3, 4, 5, 6, 7, 8, 9]) }, { application: (host) => new Numbers(host), agree });
  expect({ violations, skipped, published }).toEqual({ violations: [], skipped: 0, published: 9 });
});

test('what does not agree is a violation', async () => {
  const never = (applications: ReadonlyMap<number, Numbers>): string => `${applications.size} of them`;
  const { violations } = await simulateStack({ ...base, settleMs: 5000 }, { application: (host) => new Numbers(host), agree: never });
  expect(violations.map(({ invariant, what }) => `${invariant}: ${what}`)).toEqual(['applications-agree: 6 of them']);
});

test('what an application throws is a violation, at the peer where it is thrown', async () => {
  const { violations } = await simulateStack({ ...base, commands: commands([1, 'fail']) }, { application: (host) => new Numbers(host) });
  expect(violations.map(({ invariant, peer, what }) => [invariant, peer, what.split('\n')[0]])).toEqual([['application-throws-nothing', 1, 'Error: told to']]);
});
