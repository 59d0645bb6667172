import { afterEach, test } from 'vitest';
import { LISTEN, type Member, Peers } from './support/peers.ts';
import { until } from './support/until.ts';

const peers = new Peers();
afterEach(() => peers.close());

test.each(['udp', 'tcp'] as const)('round trips over %s are known at both ends', async (kind) => {
  const [one, two] = await peers.group(2, { listen: LISTEN[kind] }) as [Member, Member];
  const rtts = (): readonly (number | undefined)[] => [one.group.explain(two.peer.id), two.group.explain(one.peer.id)].map((explanation) => explanation?.links[0]?.rttMs);
  await until(() => rtts().every((rttMs) => rttMs !== undefined && rttMs >= 0 && rttMs < 1000), 10_000, rtts);
});
