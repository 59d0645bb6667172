/**
 * `npm run canaries`: breaks the protocols on purpose, one after the other, and writes to
 * results/canaries.json and results/canaries.txt which invariant of the swarm noticed
 * each, and after how many seeds. Exit status 1: one was not noticed. Takes some 20 s.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CANARIES } from '../sim/canaries/canaries.ts';
import { type Notice, sweep } from '../sim/canaries/sweep.ts';
import { circumstances } from './rows.ts';

/** Seeds that a canary may live through. */
const SEEDS_MAX = 1000;

const notices: Notice[] = [];
for (const canary of CANARIES) {
  const notice = await sweep(canary, SEEDS_MAX);
  process.stdout.write(`${lineOf(notice)}\n`);
  notices.push(notice);
}
const unnoticed = notices.filter(({ invariant, soundWithout }) => invariant === undefined || soundWithout !== true);
const verdict = `${notices.length - unnoticed.length} of ${notices.length} broken protocols were noticed, each by a seed that holds with the code as it is.`;
process.stdout.write(`\n${verdict}\n`);
writeFileSync(inResults('canaries.json'), `${JSON.stringify({ format: 'overlaycast-canaries/1', ...circumstances('npm run canaries'), seedsMax: SEEDS_MAX, notices }, null, 2)}\n`);
writeFileSync(inResults('canaries.txt'), `${[lineOf(undefined), ...notices.map(lineOf), '', verdict].join('\n')}\n`);
process.exitCode = unnoticed.length === 0 ? 0 : 1;

/** A line of the table; its head for nothing. */
function lineOf(notice: Notice | undefined): string {
  const { canary, seeds, invariant = 'NOT NOTICED', contracts } = notice ?? { canary: 'what is broken', seeds: 'seeds', invariant: 'noticed by', contracts: ['drawn from'] };
  return `${String(seeds).padStart(5)}  ${invariant.padEnd(22)}  ${canary.padEnd(58)}  ${contracts.join(', ')}`.trimEnd();
}

function inResults(file: string): string {
  return fileURLToPath(new URL(`../../results/${file}`, import.meta.url));
}
