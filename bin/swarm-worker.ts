/** A thread of `overlay-sim swarm`: runs the seeds that it is told, and answers what came of them. */
import { parentPort, workerData } from 'node:worker_threads';
import { CONTRACTS } from '../sim/scenario/bounds.ts';
import { type SeedOutcome, SWARM_DEFAULTS, runSeed } from '../sim/swarm/swarm.ts';
import type { SwarmCommand } from './scenario-arguments.ts';

/** Seeds to be run: from one up to, and not including, another. */
export interface Chunk {
  readonly from: number;
  readonly to: number;
}

const { protocols, peersMax, wire } = workerData as Pick<SwarmCommand, 'protocols' | 'peersMax' | 'wire'>;
const contracts = protocols.length === 0 ? CONTRACTS : CONTRACTS.filter(({ name }) => protocols.includes(name));
const options = { ...SWARM_DEFAULTS, contracts, peersMax, wire };

parentPort?.on('message', ({ from, to }: Chunk) => void run(from, to));

async function run(from: number, to: number): Promise<void> {
  const outcomes: SeedOutcome[] = [];
  for (let seed = from; seed < to; seed++) outcomes.push(await runSeed(seed, options));
  parentPort?.postMessage(outcomes);
}
