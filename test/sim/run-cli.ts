import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the package. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const ENTRY = join(ROOT, 'bin', 'overlay-sim.ts');
const TSX = import.meta.resolve('tsx');

/** No hang outlives this. */
const TIMEOUT_MS = 180_000;

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command from its sources, in the folder of the package, without a terminal. */
export function overlaySim(args: readonly string[], input = ''): Outcome {
  return spawn(process.execPath, ['--import', TSX, ENTRY, ...args], ROOT, input);
}

/** Runs lines of a shell in `folder`, where `overlay-sim` is the command from its sources. */
export function shell(script: string, folder: string): Outcome {
  const shim = join(folder, 'overlay-sim');
  writeFileSync(shim, `#!/bin/sh\nexec '${process.execPath}' --import '${TSX}' '${ENTRY}' "$@"\n`);
  chmodSync(shim, 0o755);
  return spawn('sh', ['-eu', '-c', `PATH='${folder}':"$PATH"\n${script}`], folder, '');
}

/** Hands a new folder to `use` and removes it afterwards. */
export function withFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'overlaycast-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function spawn(command: string, args: readonly string[], cwd: string, input: string): Outcome {
  const { FORCE_COLOR: _, ...env } = process.env;
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, input, env, encoding: 'utf8', timeout: TIMEOUT_MS, maxBuffer: 2 ** 28 });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}
