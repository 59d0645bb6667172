import { afterEach, beforeEach, describe, test } from 'vitest';
import { Peers } from './support/peers.ts';
import { until } from './support/until.ts';

const SOON_MS = 10_000;

const peers = new Peers();
/** How often which error was left to the process, whose business those of the application are. */
const uncaught = new Map<string, number>();
let before: NodeJS.UncaughtExceptionListener[] = [];

beforeEach(() => {
  uncaught.clear();
  before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', ({ message }) => uncaught.set(message, (uncaught.get(message) ?? 0) + 1));
});

afterEach(async () => {
  await peers.close();
  process.removeAllListeners('uncaughtException');
  before.forEach((listener) => process.on('uncaughtException', listener));
});

describe('listeners that throw', () => {
  test('keep a peer neither from finding others nor from closing', async () => {
    const absent = await peers.peer();
    const { addresses } = absent;
    await absent.close();
    // Nothing but the attempts themselves leads to the other.
    const early = await peers.peer({ bootstrap: addresses, healIntervalMs: 3_600_000 });
    const group = early.join('test');
    for (const event of ['retrying', 'linkUp', 'closed'] as const) early.on(event, () => { throw new Error(event); });
    for (const event of ['neighbourUp', 'neighbourDown', 'left'] as const) group.on(event, () => { throw new Error(event); });
    await until(() => (uncaught.get('retrying') ?? 0) >= 3, SOON_MS);
    const late = await peers.peer({ listen: addresses });
    late.join('test');
    await group.ready();
    await late.close();
    await until(() => group.neighbours.length === 0, SOON_MS);
    await early.close();
    await until(() => uncaught.size === 6, SOON_MS, () => [...uncaught]);
    await peers.peer({ listen: early.addresses });
  });
});
