import { describe, expect, test } from 'vitest';
import { LIVE_HOSTS_MAX, parseArguments } from '../../../bin/arguments.ts';
import { helpText } from '../../../bin/help.ts';
import { publishIntervalMs } from '../../../bin/live/live-run.ts';
import { checkLive } from '../../../bin/live/with-live.ts';
import { comparison } from '../../../sim/experiments/comparison.ts';
import { builtinUnderlay } from '../../../sim/underlay/builtin.ts';
import { generateTopology } from '../../../sim/underlay/generate/generators.ts';

describe('--live', () => {
  test.each(['udp', 'tcp'])('takes %s', (transport) => {
    expect(parseArguments(['builtin:textbook', '--live', transport])).toMatchObject({ kind: 'compare', live: transport, options: {} });
    expect(parseArguments(['--live', transport, '--loss', '0', '--jitter', '0'])).toMatchObject({ live: transport });
  });

  test.each([
    [['--live', 'ip'], '--live: expected udp or tcp, got "ip".'],
    [['--live'], '--live: expected a value, LINKS, got nothing.'],
    [['--live', 'udp', '--loss', '0.1'], '--loss: expected 0 with --live, whose links on this machine take the delays of the map and nothing else, got 0.1.'],
    [['--jitter', '2', '--live', 'tcp'], '--jitter: expected 0 with --live, whose links on this machine take the delays of the map and nothing else, got 2.'],
  ])('refuses %j', (argv, sentence) => {
    expect(() => parseArguments(argv)).toThrow(sentence);
  });

  test('is in the help, with its limit', () => {
    expect(helpText('compare', 100)).toMatch(/^ {2}--live LINKS +udp or tcp: .*at most 64/m);
  });

  test('has a limit of hosts, which is known once the map is read', () => {
    const grid = (rows: number) => comparison(generateTopology('grid', { rows, columns: 8 }, 1), 'grid', {});
    expect(() => checkLive(grid(LIVE_HOSTS_MAX / 8))).not.toThrow();
    expect(() => checkLive(grid(LIVE_HOSTS_MAX / 8 + 1))).toThrow('--live: expected at most 64 hosts, each of which is a peer of this process, got 72; choose some with --hosts random:64.');
  });

  test.each([['all is near', 0.01, 200], ['the map is of some size', 20, 4 * 2 * 42], ['it is large', 500, 1000]])('publishes as often as messages travel alone: %s', (_, delayMs, intervalMs) => {
    const line = generateTopology('line', { routers: 3, 'delay-ms': delayMs }, 1);
    expect(publishIntervalMs(comparison(line, 'line', {}).ground)).toBe(intervalMs);
  });

  test('runs on the textbook map with one message each 416 ms', () => {
    expect(publishIntervalMs(comparison(builtinUnderlay('textbook'), 'textbook', {}).ground)).toBe(416);
  });
});
