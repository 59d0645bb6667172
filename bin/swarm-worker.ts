/** A thread of `overlay-sim swarm`: runs the seeds that it is told, and answers what came of them. */
import { parentPort, workerData } from 'node:worker_threads';
import { CONTRACTS } from '../sim/scenario/bounds.ts';
import { SWARM_DEFAULTS, runSeed } from '../sim/scenario/swarm.ts';
import type { SwarmCommand } from './scenario-arguments.ts';

/** Seeds to be run: from one up to, and not including, another. */
export interface Chunk {
  readonly from: number;
  readonly to: number;
}

const { protocols, peersMax } = workerData as Pick<SwarmCommand, 'protocols' | 'peersMax'>;
const contracts = protocols.length === 0 ? CONTRACTS : CONTRACTS.filter(({ name }) => protocols.includes(name));
const options = { ...SWARM_DEFAULTS, contracts, peersMax };

parentPort?.on('message', ({ from, to }: Chunk) => {
  parentPort?.postMessage(Array.from({ length: to - from }, (_, index) => runSeed(from + index, options)));
});
