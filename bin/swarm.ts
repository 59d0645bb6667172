import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { printable, wrap } from '../sim/report/layout.ts';
import { CONTRACTS } from '../sim/scenario/bounds.ts';
import { runWith } from '../sim/swarm/run-with.ts';
import { shrink } from '../sim/swarm/shrink.ts';
import { type SeedOutcome, SWARM_DEFAULTS, planSeed } from '../sim/swarm/swarm.ts';
import { type SwarmSummary, SwarmTally } from '../sim/swarm/tally.ts';
import { checkFolder, checkOutput, jsonText, outputWidth, quoted, writeOutput } from './output.ts';
import { ProgressLine } from './progress.ts';
import type { SwarmCommand } from './scenario-arguments.ts';
import type { Chunk } from './swarm-worker.ts';

/** Seeds that a thread is told at a time: some tenths of a second. */
const CHUNK = 16;
/** Runs, and time, that making a failing scenario small may take. */
const SHRINK_RUNS_MAX = 20_000;
const SHRINK_MS_MAX = 120_000;

/** `overlay-sim swarm`: answers whether everything held. @throws OverlayError */
export async function runSwarm(command: SwarmCommand): Promise<boolean> {
  const { json, quiet, minutes, seeds, save } = command;
  if (json !== undefined) checkOutput(json);
  checkFolder(save);
  const toText = json !== '-';
  const line = quiet || !process.stderr.isTTY ? undefined : new ProgressLine((text) => process.stderr.write(text), () => performance.now(), 'seeds');
  const startMs = performance.now();
  const tally = new SwarmTally();
  const interrupted = await runChunks(command, (ran) => {
    for (const outcome of ran) {
      tally.add(outcome);
      if (toText && outcome.violations.length > 0) say(line, failingLine(outcome, command));
    }
    const share = minutes === undefined ? tally.seeds / seeds : (performance.now() - startMs) / (60_000 * minutes);
    line?.update({ protocol: 'swarm', done: tally.seeds, total: minutes === undefined ? seeds : tally.seeds, share });
  });
  line?.clear();
  const seconds = (performance.now() - startMs) / 1000;
  const { summary } = tally;
  if (toText && !quiet) for (const each of summaryLines(summary, outputWidth())) process.stdout.write(`${each}\n`);
  if (!quiet) process.stderr.write(`overlay-sim: ${Math.round((60 * summary.seeds) / seconds)} seeds a minute with ${command.workers} threads\n`);
  if (json !== undefined) writeOutput(json, jsonText({ format: 'overlaycast-swarm/1', from: command.from, protocols: command.protocols, peersMax: command.peersMax, ...(command.wire !== undefined && { wire: command.wire }), ...summary }));
  const [first] = summary.failing;
  if (interrupted) {
    process.stderr.write(`overlay-sim: interrupted after ${summary.seeds} seeds\n`);
    process.exitCode = INTERRUPTED;
  } else if (first !== undefined) await saveSmall(first, command);
  return first === undefined;
}

/** Exit status of a command that was told to stop (128 + SIGINT), where nothing was found until then. */
const INTERRUPTED = 130;

/** Hands out chunks of seeds to threads until there are no more, the time is over, or somebody interrupts; answers whether that was so. */
async function runChunks(command: SwarmCommand, onRan: (outcomes: readonly SeedOutcome[]) => void): Promise<boolean> {
  const { from, seeds, minutes, workers: count } = command;
  const endMs = minutes === undefined ? Infinity : performance.now() + minutes * 60_000;
  const end = minutes === undefined ? from + seeds : Infinity;
  let next = from;
  let interrupted = false;
  const chunk = (): Chunk | undefined => {
    if (next >= end || performance.now() >= endMs || interrupted) return undefined;
    const first = next;
    next = Math.min(end, next + CHUNK);
    return { from: first, to: next };
  };
  // A second time it ends at once, as always.
  process.once('SIGINT', () => { interrupted = true; });
  await Promise.all(Array.from({ length: count }, () => new Promise<void>((resolve, reject) => {
    const worker = thread({ protocols: command.protocols, peersMax: command.peersMax, wire: command.wire });
    const go = (): void => {
      const work = chunk();
      if (work === undefined) void worker.terminate().then(() => resolve());
      else worker.postMessage(work);
    };
    worker.on('error', reject);
    worker.on('message', (outcomes: readonly SeedOutcome[]) => {
      onRan(outcomes);
      go();
    });
    go();
  })));
  return interrupted;
}

/** Compiled, the thread is a script like this one; of sources tsx has to be told in each thread anew. */
function thread(workerData: Pick<SwarmCommand, 'protocols' | 'peersMax' | 'wire'>): Worker {
  const script = new URL(`./swarm-worker${extname(import.meta.url)}`, import.meta.url);
  if (!script.pathname.endsWith('.ts')) return new Worker(script, { workerData });
  const [tsx, source] = [import.meta.resolve('tsx/esm/api'), script.href].map((from) => `import(${JSON.stringify(from)})`);
  return new Worker(`${tsx}.then(({ register }) => { register(); return ${source}; });`, { eval: true, workerData });
}

function say(line: ProgressLine | undefined, text: string): void {
  line?.clear();
  process.stdout.write(`${printable(text)}\n`);
}

function failingLine({ seed, protocol, wire, violations: [violation] }: SeedOutcome, { protocols, peersMax, wire: only }: SwarmCommand): string {
  if (violation === undefined) return '';
  const { invariant, atMs, peer, what } = violation;
  const options = [
    `--from ${seed} --seeds 1`,
    ...(protocols.length > 0 ? [`--protocol ${protocols.join(',')}`] : []),
    ...(peersMax === SWARM_DEFAULTS.peersMax ? [] : [`--peers ${peersMax}`]),
    ...(only === undefined ? [] : [`--wire ${only}`]),
  ];
  return `seed ${seed}, ${protocol}${wire === 'datagrams' ? ' in datagrams' : ''}: ${invariant} at ${atMs} ms${peer === undefined ? '' : `, peer ${peer}`}: ${what.split('\n', 1)[0]}; again: overlay-sim swarm ${options.join(' ')}`;
}

/** Makes the scenario small, keeps it in a file, and says how to run it. */
async function saveSmall({ seed, violations: [violation] }: SeedOutcome, { protocols, peersMax, save, wire: only }: SwarmCommand): Promise<void> {
  if (violation === undefined) return;
  const contracts = protocols.length === 0 ? CONTRACTS : CONTRACTS.filter(({ name }) => protocols.includes(name));
  const { scenario, wire, twice } = planSeed(seed, { ...SWARM_DEFAULTS, contracts, peersMax, wire: only });
  const endMs = performance.now() + SHRINK_MS_MAX;
  const { scenario: small, runs } = await shrink(
    scenario,
    async (candidate) => (await runWith(candidate, { wire, twice })).violations[0]?.invariant === violation.invariant,
    { runsMax: SHRINK_RUNS_MAX, goOn: () => performance.now() < endMs },
  );
  const file = join(save, `seed-${seed}.json`);
  writeOutput(file, jsonText(small));
  process.stderr.write(`overlay-sim: seed ${seed} made small in ${runs} runs: ${small.peers.length} peers, ${small.faults.length} faults, ${small.publishes.length} messages\n`);
  process.stderr.write(`overlay-sim: to run it: overlay-sim run ${quoted(file)} --seed ${small.seed}${wire === 'objects' ? '' : ` --wire ${wire}`}${twice ? ' --twice' : ''}\n`);
}

function summaryLines(summary: SwarmSummary, width: number): string[] {
  const { seeds, failed, byProtocol, faults, published, skipped, deliveries, virtualMs, ranTwice, wholeStack, hash } = summary;
  return [
    `${seeds} seeds, ${failed} failing; ${published} messages published, ${skipped} skipped, ${deliveries} deliveries, ${(virtualMs / 3_600_000).toFixed(1)} hours of virtual time; ${wholeStack} with the whole stack, ${ranTwice} run twice; hash ${hash}`,
    ...wrap('scenarios: ', Object.entries(byProtocol).map(([name, count]) => `${name} ${count}`).join(', '), width),
    '',
    'fault          scheduled  effective    affected',
    ...Object.entries(faults).map(([kind, { scheduled, effective, affected }]) => `${kind.padEnd(13)}${String(scheduled).padStart(11)}${String(effective).padStart(11)}${String(affected).padStart(12)}`),
  ];
}
