/**
 * `npm run reproduce`: runs every reproduction in full, prints it, and writes
 * results/reproduce-NAME.json and results/reproduce-NAME.txt. `npm run reproduce -- NAME ...`
 * runs those alone. All of them take some half an hour on one core.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { REPRODUCTIONS, reproduce } from '../../sim/experiments/reproductions.ts';
import { renderJson } from '../../sim/report/json.ts';
import { renderReproduction } from '../../sim/report/reproduction-table.ts';

const SEED = 1;

const names = process.argv.slice(2);
const unknown = names.find((name) => REPRODUCTIONS.every((reproduction) => reproduction.name !== name));
if (unknown !== undefined) throw new Error(`reproduce: expected some of ${REPRODUCTIONS.map(({ name }) => name).join(', ')}, got ${unknown}.`);
for (const reproduction of REPRODUCTIONS) {
  if (names.length > 0 && !names.includes(reproduction.name)) continue;
  const report = reproduce(reproduction, { seed: SEED, quick: false, onShare: () => {} });
  const text = renderReproduction(report);
  process.stdout.write(`${text}\n`);
  writeFileSync(inResults(`${report.name}.json`), renderJson(report));
  writeFileSync(inResults(`${report.name}.txt`), text);
}

function inResults(file: string): string {
  return fileURLToPath(new URL(`../../results/reproduce-${file}`, import.meta.url));
}
