/**
 * `npm run bench:live`: what live peers cost and how fast they are, beside a plain
 * star over the same kind of socket. 32 peers in one process, on loopback. Each case
 * runs in a process of its own. Prints a table and writes results/bench-live.json.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createPeer } from '../../lib/node/create-peer.ts';
import type { Group } from '../../lib/node/group.ts';
import type { Peer } from '../../lib/node/peer.ts';
import { type Row, circumstances, printRow } from './rows.ts';
import { type Star, tcpStar, udpStar } from './live-stars.ts';

const PEERS = 32;
const LARGE_BYTES = 10_000_000;

type Kind = 'tcp' | 'udp';

const CASES: Readonly<Record<string, () => Promise<Row[]>>> = {
  'throughput-tcp-100': () => throughput('tcp', 100, 20_000),
  'throughput-udp-100': () => throughput('udp', 100, 20_000),
  'throughput-tcp-1024': () => throughput('tcp', 1024, 10_000),
  'throughput-udp-1024': () => throughput('udp', 1024, 10_000),
  'latency-tcp': () => latency('tcp', 500),
  'latency-udp': () => latency('udp', 500),
  'large-tcp': () => large('tcp'),
  'large-udp': () => large('udp'),
  'start-tcp': () => start('tcp'),
  'start-udp': () => start('udp'),
};

async function main(): Promise<void> {
  const name = process.argv[2];
  const run = name === undefined ? undefined : CASES[name];
  if (run !== undefined) {
    process.stdout.write(JSON.stringify(await run()));
    return;
  }
  if (name !== undefined) throw new Error(`bench:live: expected one of ${Object.keys(CASES).join(', ')}, got ${name}.`);
  const script = fileURLToPath(import.meta.url);
  const rows: Row[] = [];
  for (const each of Object.keys(CASES)) {
    const ran = JSON.parse(execFileSync(process.execPath, [...process.execArgv, script, each], { encoding: 'utf8' })) as Row[];
    ran.forEach(printRow);
    rows.push(...ran);
  }
  writeFileSync(new URL('../../results/bench-live.json', import.meta.url), `${JSON.stringify({ ...circumstances('npm run bench:live'), rows }, null, 2)}\n`);
}

/** Peers that are all members of one group, with neighbours. */
interface Overlay {
  readonly peers: readonly Peer[];
  readonly groups: readonly [Group, ...Group[]];
  readonly readyMs: number;
  readonly address: string;
  close(): Promise<void>;
}

async function overlay(kind: Kind, onDelivery: (data: Uint8Array, peer: number) => void, count = PEERS): Promise<Overlay> {
  const startMs = performance.now();
  const options = { preset: 'local', listen: `${kind}://127.0.0.1:0`, messageBytesMax: 16 * 1024 * 1024, queueBytesMax: 32 * 1024 * 1024 } as const;
  const first = await createPeer(options);
  const rest = await Promise.all(Array.from({ length: count - 1 }, () => createPeer({ ...options, bootstrap: first.addresses })));
  const peers = [first, ...rest];
  const [source, ...others] = peers.map((peer) => peer.join('bench'));
  if (source === undefined) throw new Error('there is a source');
  others.forEach((group, index) => group.on('message', ({ data }) => onDelivery(data, index + 1)));
  const groups = [source, ...others] as const;
  await Promise.all(groups.map((group) => group.ready()));
  const readyMs = performance.now() - startMs;
  return { peers, groups, readyMs, address: first.addresses[0] ?? '', close: async () => void (await Promise.all(peers.map((peer) => peer.close()))) };
}

/** Until the mesh rests and the tree is made. */
async function settle({ groups }: Overlay): Promise<void> {
  await pause(2500);
  for (let i = 0; i < 10; i++) {
    await groups[0].publish(new Uint8Array(10));
    await pause(50);
  }
}

interface Rate {
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly deliveries: number;
}

/** Publishes as fast as there is room, and waits for the last delivery. */
async function rateOf(publish: (payload: Uint8Array) => Promise<unknown>, bytes: number, messages: number, delivered: () => number): Promise<Rate> {
  const payload = new Uint8Array(bytes);
  const before = delivered();
  const expected = messages * (PEERS - 1);
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  for (let i = 0; i < messages; i++) {
    await publish(payload);
    if (i % 64 === 63) await new Promise(setImmediate);
  }
  let lastMs = performance.now();
  for (let last = delivered(); delivered() - before < expected && performance.now() - lastMs < 5000; await new Promise(setImmediate)) {
    if (delivered() === last) continue;
    last = delivered();
    lastMs = performance.now();
  }
  const { user, system } = process.cpuUsage(cpu);
  const deliveries = delivered() - before;
  return { perSecond: (deliveries / (lastMs - startMs)) * 1000, cpuUs: (user + system) / deliveries, deliveries };
}

async function throughput(kind: Kind, bytes: number, messages: number): Promise<Row[]> {
  let atStar = 0;
  const star: Star = await (kind === 'tcp' ? tcpStar : udpStar)(PEERS - 1, () => { atStar++; });
  let atPeers = 0;
  const ours = await overlay(kind, () => { atPeers++; });
  await settle(ours);
  const [source] = ours.groups;
  const wire = (): number => ours.peers.reduce((sum, peer) => sum + (peer.stats()[kind]?.['bytesSent'] ?? 0), 0);
  const publish = (payload: Uint8Array): Promise<unknown> => source.publish(payload);
  // Both once to warm up, then in turn.
  await rateOf(publish, bytes, messages / 2, () => atPeers);
  await rateOf(star.publish, bytes, messages / 2, () => atStar);
  const rounds: { readonly plumtree: Rate; readonly star: Rate; readonly wireRatio: number }[] = [];
  for (let round = 0; round < 3; round++) {
    const sentBefore = wire();
    const plumtree = await rateOf(publish, bytes, messages / 2, () => atPeers);
    const wireRatio = (wire() - sentBefore) / (plumtree.deliveries * bytes);
    rounds.push({ plumtree, star: await rateOf(star.publish, bytes, messages / 2, () => atStar), wireRatio });
  }
  await Promise.all([star.close(), ours.close()]);
  const middle = [...rounds].sort((x, y) => x.star.cpuUs / x.plumtree.cpuUs - y.star.cpuUs / y.plumtree.cpuUs)[1] ?? rounds[0];
  if (middle === undefined) throw new Error('there were rounds');
  const ratio = middle.star.cpuUs / middle.plumtree.cpuUs;
  const missing = rounds.reduce((sum, { plumtree }) => sum + (messages / 2) * (PEERS - 1) - plumtree.deliveries, 0);
  const goal = bytes === 100 ? (kind === 'tcp' ? 1.3 : 0.5) : undefined;
  return [{
    what: `${kind}, ${bytes} B: deliveries per CPU second, over a plain ${kind} star`,
    measured: `${ratio.toFixed(2)} times (${middle.plumtree.cpuUs.toFixed(1)} CPU us each, star ${middle.star.cpuUs.toFixed(1)}; ${Math.round(middle.plumtree.perSecond)} deliveries/s, star ${Math.round(middle.star.perSecond)}; ${middle.wireRatio.toFixed(2)} wire bytes per byte; ${missing} missing)`,
    target: goal === undefined ? '' : `at least ${goal} times`,
    met: goal === undefined ? null : ratio >= goal && missing === 0,
    details: { kind, bytes, messages: messages / 2, rounds },
  }];
}

async function latency(kind: Kind, messages: number): Promise<Row[]> {
  const published: number[] = [];
  const tookMs: number[] = [];
  const ours = await overlay(kind, (data) => {
    if (data.length < 1024) return;
    const at = published[new DataView(data.buffer, data.byteOffset).getUint32(0)];
    if (at !== undefined) tookMs.push(performance.now() - at);
  });
  await settle(ours);
  const send = async (i: number): Promise<void> => {
    const payload = new Uint8Array(1024);
    new DataView(payload.buffer).setUint32(0, i);
    published[i] = performance.now();
    await ours.groups[0].publish(payload);
  };
  const startMs = performance.now();
  for (let i = 0; i < messages; i++) {
    await pause(Math.max(0, startMs + i * 10 - performance.now()));
    // The first hundred warm up; they have arrived by now.
    if (i === 100) tookMs.length = 0;
    await send(i);
  }
  await pause(500);
  await ours.close();
  tookMs.sort((x, y) => x - y);
  const at = (share: number): number => tookMs[Math.min(tookMs.length - 1, Math.floor(share * tookMs.length))] ?? NaN;
  const missing = (messages - 100) * (PEERS - 1) - tookMs.length;
  return [{
    what: `${kind}, 1 KiB at a paced 100 messages/s: latency`,
    measured: `p50 ${at(0.5).toFixed(2)} ms, p99 ${at(0.99).toFixed(2)} ms, ${missing} missing`,
    target: 'p99 below 5 ms',
    met: at(0.99) < 5 && missing === 0,
    details: { kind, messages, p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), maxMs: at(1) },
  }];
}

async function large(kind: Kind): Promise<Row[]> {
  let got = 0;
  const ours = await overlay(kind, (data) => { if (data.length === LARGE_BYTES) got++; });
  await settle(ours);
  const startMs = performance.now();
  await ours.groups[0].publish(new Uint8Array(LARGE_BYTES));
  while (got < PEERS - 1 && performance.now() - startMs < 60_000) await new Promise(setImmediate);
  const seconds = (performance.now() - startMs) / 1000;
  await ours.close();
  return [{
    what: `${kind}: 10 MB to all ${PEERS - 1}`,
    measured: `${seconds.toFixed(2)} s, ${got} reached`,
    target: kind === 'tcp' ? 'under 1.5 s' : '',
    met: kind === 'tcp' ? seconds < 1.5 && got === PEERS - 1 : null,
    details: { kind, seconds, got },
  }];
}

async function start(kind: Kind): Promise<Row[]> {
  // What a process pays once, for its code, is no peer's.
  await (await overlay(kind, () => {}, 2)).close();
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const ours = await overlay(kind, () => {});
  const ready: Row = {
    what: `${kind}: all ${PEERS} ready`,
    measured: `${ours.readyMs.toFixed(0)} ms`,
    target: 'within 1 s',
    met: ours.readyMs <= 1000,
    details: { kind, readyMs: ours.readyMs },
  };
  await settle(ours);
  const perPeerMB = (process.memoryUsage().rss - before) / PEERS / 1e6;
  const newcomerMs: number[] = [];
  for (let i = 0; i < 5; i++) newcomerMs.push(await joinAndReceive(kind, ours));
  await ours.close();
  newcomerMs.sort((x, y) => x - y);
  const middleMs = newcomerMs[2] ?? NaN;
  return [
    ready,
    { what: `${kind}: one more peer, from its creation to its first message`, measured: `${middleMs.toFixed(0)} ms`, target: 'within 100 ms', met: middleMs <= 100, details: { kind, newcomerMs } },
    { what: `${kind}: resident memory per peer, in a process that has run two`, measured: `${perPeerMB.toFixed(2)} MB`, target: 'at most 0.5 MB', met: perPeerMB <= 0.5, details: { kind, perPeerMB } },
  ];
}

/** A message goes out every 5 ms meanwhile. */
async function joinAndReceive(kind: Kind, { groups, address }: Overlay): Promise<number> {
  const publishing = setInterval(() => void groups[0].publish(new Uint8Array(100)), 5);
  const startMs = performance.now();
  const newcomer = await createPeer({ preset: 'local', listen: `${kind}://127.0.0.1:0`, bootstrap: address });
  const group = newcomer.join('bench');
  await new Promise((resolve) => group.once('message', resolve));
  const tookMs = performance.now() - startMs;
  clearInterval(publishing);
  await newcomer.close();
  return tookMs;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

await main();
