import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** One line of a benchmark's table: what was measured, against what it is held, and whether it holds. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  readonly target: string;
  readonly met: boolean | null;
  readonly details: object;
}

export function printRow({ what, measured, target, met }: Row): void {
  const verdict = met === null ? '' : met ? `  met (${target})` : `  NOT MET (${target})`;
  process.stdout.write(`${what}\n    ${measured}${verdict}\n`);
}

/** Where and of what a benchmark was run. */
export function circumstances(command: string): object {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return {
    command,
    version,
    commit: execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=12'], { encoding: 'utf8' }).trim(),
    machine: { node: process.version, platform: `${process.platform}-${process.arch}`, cpu: cpus()[0]?.model ?? '', cores: cpus().length, memoryGB: Math.round(totalmem() / 1e9) },
  };
}
