/**
 * `npm run bench`: how fast the simulator is, beside a naive one, and what a peer
 * weighs. Each case runs in a process of its own, so that none inherits the memory or
 * the warmed-up code of another. Prints a table and writes results/bench.json.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { broadcastWorld } from './broadcast.ts';
import { type FloodResult, floodWorld, regularGraph } from './flood.ts';
import { floodNaively } from './naive.ts';
import { benchRoutes } from './routes.bench.ts';
import { type Row, circumstances, printRow } from './rows.ts';

const SEED = 1;

const CASES: Readonly<Record<string, () => Row[]>> = {
  'flood-10000': () => floodBesideNaive(10_000, 60, 3),
  'flood-100000': () => floodBesideNaive(100_000, 10, 1),
  'flood-1000000': () => [floodLarge(1_000_000, 1)],
  'broadcast-10000': () => broadcast(10_000, 10),
  'broadcast-100000': () => broadcast(100_000, 180),
  routes: () => [routes()],
};

function main(): void {
  const name = process.argv[2];
  if (name !== undefined) {
    const run = CASES[name];
    if (run === undefined) throw new Error(`bench: expected one of ${Object.keys(CASES).join(', ')}, got ${name}.`);
    process.stdout.write(JSON.stringify(run()));
    return;
  }
  const script = fileURLToPath(import.meta.url);
  const rows: Row[] = [];
  for (const each of Object.keys(CASES)) {
    const output = execFileSync(process.execPath, [...process.execArgv, script, each], { encoding: 'utf8', maxBuffer: 2 ** 26 });
    const ran = JSON.parse(output) as Row[];
    ran.forEach(printRow);
    rows.push(...ran);
  }
  writeFileSync(new URL('../../results/bench.json', import.meta.url), `${JSON.stringify({ ...circumstances('npm run bench'), seed: SEED, rows }, null, 2)}\n`);
}

function floodBesideNaive(peers: number, messages: number, rounds: number): Row[] {
  const graph = regularGraph(peers, SEED);
  globalThis.gc?.();
  const ours: FloodResult[] = [];
  const naive: FloodResult[] = [];
  let residentMB = 0;
  for (let round = 0; round < rounds; round++) {
    ours.push(floodWorld(graph, messages, SEED));
    if (round === 0) residentMB = residentMegabytes();
    naive.push(floodNaively(graph, messages));
  }
  const ratio = median(ours.map((each, round) => rate(each) / rate(naive[round] ?? each)));
  const details = { peers, messages, rounds, seed: SEED, residentMB, events: ours[0]?.events, millionEventsPerCpuSecond: ours.map(rate), naiveMillionEventsPerCpuSecond: naive.map(rate) };
  const size = `flood, ${peers} peers, 10 neighbours, ${messages} messages`;
  const speed = median(ours.map(rate));
  return [
    {
      what: `${size}: events per CPU second`,
      measured: `${speed.toFixed(2)} M, ${residentMB} MB`,
      target: peers === 100_000 ? 'at least 3 M' : '',
      met: peers === 100_000 ? speed >= 3 : null,
      details,
    },
    {
      what: `${size}: over the naive simulator`,
      measured: `${ratio.toFixed(1)} times`,
      target: peers === 10_000 ? 'at least 8 times' : '',
      met: peers === 10_000 ? ratio >= 8 : null,
      details: {},
    },
  ];
}

function floodLarge(peers: number, messages: number): Row {
  const graph = regularGraph(peers, SEED);
  globalThis.gc?.();
  const result = floodWorld(graph, messages, SEED);
  const residentMB = residentMegabytes();
  return {
    what: `flood, ${peers} peers, 10 neighbours, ${messages} message`,
    measured: `${rate(result).toFixed(2)} M events per CPU second, ${residentMB} MB`,
    target: 'inside 2000 MB',
    met: residentMB <= 2000 && result.delivered === peers,
    details: { peers, messages, seed: SEED, residentMB, ...result },
  };
}

function broadcast(peers: number, cpuSecondsMax: number): Row[] {
  const result = broadcastWorld(peers, 10, SEED);
  const reached = result.deliveries.filter((delivered) => delivered === peers).length;
  return [
    {
      what: `HyParView joins and 10 Plumtree broadcasts, ${peers} peers`,
      measured: `${result.cpuSeconds.toFixed(1)} CPU s, ${reached} of 10 reached all`,
      target: `at most ${cpuSecondsMax} s`,
      met: result.cpuSeconds <= cpuSecondsMax && reached === 10,
      details: { peers, seed: SEED, ...result },
    },
    {
      what: `HyParView and Plumtree with 10 messages kept, ${peers} peers: heap of a peer`,
      measured: `${result.heapBytesPerPeer} B`,
      target: peers === 100_000 ? 'at most 2048 B' : '',
      met: peers === 100_000 ? result.heapBytesPerPeer <= 2048 : null,
      details: {},
    },
  ];
}

function routes(): Row {
  const result = benchRoutes(SEED);
  return {
    what: `routes from one of ${result.routers} routers over ${result.links} links`,
    measured: `${result.cpuMsPerSource.toFixed(2)} CPU ms (${result.cpuMsPerSourceTied.toFixed(2)} with many ties)`,
    target: 'at most 3 ms',
    met: result.cpuMsPerSource <= 3,
    details: result,
  };
}

/** Million events per CPU second. */
function rate(result: FloodResult): number {
  return result.events / result.cpuSeconds / 1e6;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((x, y) => x - y);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

function residentMegabytes(): number {
  return Math.round(process.memoryUsage().rss / 1e6);
}

main();
