import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = mkdtempSync(join(tmpdir(), 'overlaycast-pack-'));
const PROJECT = join(FOLDER, 'project');
const INSTALLED = join(PROJECT, 'node_modules', 'overlaycast');

/** Building, and fetching the one dependency from a registry that may be slow. */
const INSTALL_TIMEOUT_MS = 300_000;

/** Fails with all that the command said. */
function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env: plainEnvironment(), encoding: 'utf8', timeout: INSTALL_TIMEOUT_MS });
  if (error !== undefined) throw error;
  expect({ status, said: status === 0 ? '' : `${stdout}${stderr}` }, `${command} ${args.join(' ')}`).toEqual({ status: 0, said: '' });
  return stdout;
}

/** What `npm test` tells its scripts about this package would confuse npm in another. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const ours = /^(?:npm_(?:package|lifecycle|command|execpath|config_local_prefix)|INIT_CWD)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}

beforeAll(() => {
  run('npm', ['pack', '--silent', '--pack-destination', FOLDER], ROOT);
  const tarball = readdirSync(FOLDER).find((name) => name.endsWith('.tgz')) ?? '';
  mkdirSync(PROJECT);
  writeFileSync(join(PROJECT, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }\n');
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefer-offline', join(FOLDER, tarball)], PROJECT);
}, INSTALL_TIMEOUT_MS);

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

describe('the packed package, installed into an empty project', () => {
  test('holds compiled code and documents, and no sources, tests or results', () => {
    const folders = readdirSync(INSTALLED).filter((name) => !name.includes('.') && name !== 'LICENSE');
    expect(folders).toEqual(['dist']);
    expect(readdirSync(join(INSTALLED, 'dist')).sort()).toEqual(['bin', 'lib', 'sim']);
    const files = readdirSync(INSTALLED, { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => /(?<!\.d)\.ts$|\.test\./.test(name))).toEqual([]);
    expect(readdirSync(INSTALLED)).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'CHANGELOG.md', 'package.json']));
  });

  test('brings one dependency along', () => {
    const { dependencies }: { readonly dependencies: object } = JSON.parse(readFileSync(join(INSTALLED, 'package.json'), 'utf8'));
    expect(Object.keys(dependencies)).toEqual(['cbor-x']);
  });

  test('gives a command that compares overlays, compiled', () => {
    const { version }: { readonly version: string } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(run('npx', ['--no-install', 'overlay-sim', '--version'], PROJECT)).toBe(`${version}\n`);
    const table = run('npx', ['--no-install', 'overlay-sim', 'builtin:textbook', '--protocol', 'mst', '--quiet'], PROJECT);
    expect(table.split('\n')[0]).toBe('builtin:textbook: 5 routers, 5 links, 5 hosts (all)');
  });

  test('gives a command that is a peer, and two of them chat', async () => {
    const { version }: { readonly version: string } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(run('npx', ['--no-install', 'overlay-peer', '--version'], PROJECT)).toBe(`${version}\n`);
    const command = join(PROJECT, 'node_modules', '.bin', 'overlay-peer');
    const receiver = spawn(command, ['--listen', 'udp://127.0.0.1:0', '--json'], { cwd: PROJECT, stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]();
      const listening: { readonly addresses: readonly string[] } = JSON.parse((await lines.next()).value ?? '');
      const { status, stderr } = spawnSync(command, ['--join', listening.addresses[0] ?? '', '--name', 'ada', '--quiet'], { cwd: PROJECT, input: 'hello\n', encoding: 'utf8', timeout: 30_000 });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      let line = '';
      while (!line.includes('"message"')) line = (await lines.next()).value ?? '"message"';
      expect(JSON.parse(line)).toMatchObject({ event: 'message', group: 'main', name: 'ada', text: 'hello', hops: 1 });
    } finally {
      receiver.kill();
    }
  });

  test('gives types under strict; those of the simulator without the types of Node, too', () => {
    writeFileSync(join(PROJECT, 'simulator.ts'), [
      "import { compare } from 'overlaycast/sim';",
      'export const seed: number = compare.length;',
      '',
    ].join('\n'));
    writeFileSync(join(PROJECT, 'types.ts'), [
      "import { PeerEngine, OverlayError, createPeer } from 'overlaycast';",
      "import type { Effects, Group, Message, Peer, ReceivedMessage } from 'overlaycast';",
      "import { compare } from 'overlaycast/sim';",
      'export async function hear(): Promise<Buffer> {',
      "  await using peer: Peer = await createPeer({ listen: 'tcp://127.0.0.1:0' });",
      "  const group: Group = peer.join('news', { order: 'causal' });",
      "  group.on('lost', ({ fromSeq, toSeq }) => console.log(fromSeq + toSeq));",
      '  const messages: ReceivedMessage[] = [];',
      '  for await (const message of group) messages.push(message);',
      '  return Buffer.concat(messages.map(({ data }) => data));',
      '}',
      'export const error: Error = new OverlayError("CLOSED", "closed.");',
      'export function receive(engine: PeerEngine, from: PeerEngine, message: Message, effects: Effects): void {',
      '  engine.onMessage(from.self, message, 0, effects);',
      '}',
      'export const seed: number = compare.length;',
      '// @ts-expect-error an engine needs a peer, an epoch and a generator',
      'new PeerEngine("a");',
      '',
    ].join('\n'));
    for (const [types, files] of [[[], ['simulator.ts']], [['node'], ['simulator.ts', 'types.ts']]]) {
      writeFileSync(join(PROJECT, 'tsconfig.json'), JSON.stringify({
        compilerOptions: {
          strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true,
          target: 'ES2022', lib: ['ES2023'], module: 'NodeNext', moduleResolution: 'NodeNext', skipLibCheck: false,
          types, typeRoots: [join(ROOT, 'node_modules', '@types')],
        },
        files,
      }));
      run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'], PROJECT);
    }
  });

  test('runs when it is imported', () => {
    writeFileSync(join(PROJECT, 'run.js'), [
      "import { PeerEngine } from 'overlaycast';",
      "import { builtinUnderlay, compare, renderTable } from 'overlaycast/sim';",
      "const report = compare(builtinUnderlay('textbook'), 'builtin:textbook', { protocols: ['mst'] });",
      "console.log(typeof PeerEngine, typeof renderTable(report), report.results[0].treeCost.value);",
      '',
    ].join('\n'));
    expect(run(process.execPath, ['run.js'], PROJECT)).toBe('function string 70\n');
  });
});
