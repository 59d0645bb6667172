import { expect, test } from 'vitest';
import { overlaySim } from '../run-cli.ts';
import { ringScenario } from './scenario.ts';

test('overlay-sim run --wire datagrams runs the whole stack, and says what each fault affected', () => {
  const document = JSON.stringify(ringScenario(1, [{ kind: 'loss', p: 0.2, atMs: 2500, forMs: 1000 }]));
  const { status, stdout, stderr } = overlaySim(['run', '-', '--wire', 'datagrams'], document);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(/^ring, seed 1: 6 peers, 24 messages published, 0 skipped, 144 deliveries, \d+ events in \d+ ms of virtual time fault loss at 2500 ms affected \d+ packets every invariant held; trace [0-9a-f]{16} $/);
});

test('limits are for live peers: kept in datagrams, and said to be ignored as objects', () => {
  const document = JSON.stringify({ ...ringScenario(1, []), limits: { queueBytesMax: 16_384, readEveryMs: 50, bufferMessagesMax: 2 } });
  const [objects, datagrams] = [overlaySim(['run', '-'], document), overlaySim(['run', '-', '--wire', 'datagrams'], document)];
  expect(objects.stdout.replaceAll(/\s+/g, ' ')).toContain('limits are for live peers, and none runs here: they were ignored; --wire datagrams keeps them');
  expect([objects.status, datagrams.status, datagrams.stdout.includes('limits')]).toEqual([0, 0, false]);
  const wrong = overlaySim(['run', '-', '--wire', 'datagrams'], JSON.stringify({ ...ringScenario(1, []), limits: { keepAliveMs: 30_000 } }));
  expect([wrong.status, wrong.stderr.split(':').slice(0, 3)]).toEqual([2, ['overlay-sim', ' limits', ' keepAliveMs']]);
});

test('another form of the wire is refused', () => {
  const { status, stderr } = overlaySim(['run', '-', '--wire', 'pigeons'], '{}');
  expect([status, stderr]).toEqual([2, 'overlay-sim: --wire: expected objects, bytes or datagrams, got "pigeons".\n']);
});
