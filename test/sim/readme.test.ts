import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { COMPARE_OPTIONS } from '../../bin/arguments.ts';
import { parseArguments } from '../../bin/peer/arguments.ts';
import { PROTOCOLS } from '../../sim/experiments/protocols.ts';
import { ROOT, shell, withFolder } from './run-cli.ts';

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The fenced blocks of a language, in their order. */
function blocks(language: string): string[] {
  return [...README.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map((match) => match[1] ?? '');
}

/** A line of a shell block, its comment taken off. */
function commands(block: string): string[] {
  return block.split('\n').map((line) => line.replace(/\s+#.*/, '')).filter((line) => line !== '');
}

describe('the README', () => {
  test('starts with the two commands, and npm lines name scripts that exist', () => {
    const { version, scripts }: { readonly version: string; readonly scripts: object } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const lines = blocks('sh').flatMap(commands).filter((line) => line.startsWith('npm '));
    expect(lines).toEqual([
      'npm ci && npm start', 'npm ci && npm test', 'npm start -- FILE', 'npm pack', `npm install ./overlaycast-${version}.tgz`,
    ]);
    const mentioned = [...README.matchAll(/`npm run ([\w:]+)`/g)].map((match) => match[1] ?? '');
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['start', 'test', ...mentioned]));
  });

  test('has shell examples that run, one after the other', () => {
    const lines = blocks('sh').flatMap(commands).filter((line) => !line.startsWith('npm ') && !line.startsWith('npx overlay-peer '));
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(line).toMatch(/^npx overlay-sim /);
    withFolder((folder) => {
      const { status, stderr } = shell(lines.join('\n').replaceAll('npx overlay-sim', 'overlay-sim'), folder);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      for (const file of ['topo.json', 'epidemics.csv', 'report.json', 'topo.graphml']) expect(existsSync(join(folder, file))).toBe(true);
    });
  }, 240_000);

  test('has peers that are started as overlay-peer takes it; test/live runs such ones', () => {
    const lines = blocks('sh').flatMap(commands).filter((line) => line.startsWith('npx overlay-peer '));
    expect(lines.map((line) => parseArguments(line.split(' ').slice(2)).kind)).toEqual(['chat', 'chat', 'watch']);
  });

  test('has TypeScript examples that are well typed and run', () => {
    withFolder((folder) => {
      const files = blocks('ts').map((block, index) => {
        writeFileSync(join(folder, `example-${index}.ts`), block);
        return `example-${index}.ts`;
      });
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({
        extends: join(ROOT, 'tsconfig.json'),
        compilerOptions: {
          typeRoots: [join(ROOT, 'node_modules', '@types')],
          paths: { overlaycast: [join(ROOT, 'lib', 'index.ts')], 'overlaycast/sim': [join(ROOT, 'sim', 'index.ts')], 'overlaycast/testing': [join(ROOT, 'sim', 'testing', 'index.ts')] },
        },
        include: [],
        files,
      }));
      const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
      expect(node([tsc, '-p', folder], folder)).toEqual({ status: 0, stdout: '', stderr: '' });
      const outcomes = files.map((file) => node(['--import', import.meta.resolve('tsx'), join(folder, file)], folder));
      expect(outcomes.map(({ status, stderr }) => ({ status, stderr }))).toEqual(files.map(() => ({ status: 0, stderr: '' })));
      expect(outcomes[0]?.stdout).toMatch(/^message [0-9a-f]{32}:\d+:0 went to 1 neighbour\n[0-9a-f]{32} says hello, 1 hop away\n$/);
      expect(outcomes[1]?.stdout).toMatch(/^generated:transit-stub: [^]*\nflood [\d.]+ [\d.]+\n$/);
      expect(outcomes[2]?.stdout).toBe('0 has hello from 0\n1 has hello from 0\n2 has hello from 0\n');
      // The application's test fails when its merge forgets the tie-break, and says how to run what failed again.
      const broken = (blocks('ts')[3] ?? '').replace('entry.by > known.by', 'true');
      writeFileSync(join(folder, 'broken.ts'), broken);
      const { status, stderr } = node(['--import', import.meta.resolve('tsx'), join(folder, 'broken.ts')], folder);
      expect(status).toBe(1);
      expect(stderr).toMatch(/ScenarioFailure: applications-agree violated [^]* 2 peers, 0 faults, 2 messages and commands: /);
      const file = /OVERLAYCAST_SCENARIO=(\S+scenario\.json)/.exec(stderr)?.[1] ?? '';
      const again = ['broken.ts', 'example-3.ts'].map((name) => node(['--import', import.meta.resolve('tsx'), join(folder, name)], folder, { OVERLAYCAST_SCENARIO: file }));
      expect(again.map((outcome) => outcome.status)).toEqual([1, 0]);
      expect(again[0]?.stderr).toContain('ScenarioFailure: applications-agree violated');
    });
  }, 120_000);

  test('shows output that the command really gives', () => {
    const shown = [...README.matchAll(/<!-- output: overlay-sim ?(.*?) -->\n```text\n([^]*?)```\n/g)];
    expect(shown).toHaveLength(1);
    for (const [, args = '', output] of shown) {
      withFolder((folder) => expect(shell(`cd '${ROOT}'\noverlay-sim ${args}`, folder).stdout).toBe(output));
    }
  });

  test('lists the options as --help does', () => {
    const rows = COMPARE_OPTIONS.map(({ name, value, help }) => `| \`--${name}${value === undefined ? '' : ` ${value}`}\` | ${help} |`);
    expect(tableAfter('options')).toEqual(['| option | meaning |', '|---|---|', ...rows]);
  });

  test('lists the protocols as --help does', () => {
    const rows = PROTOCOLS.map(({ name, group, summary, variants }) => `| \`${name}\` | ${group} | ${summary} | ${variants.replaceAll('|', '\\|')} |`);
    expect(tableAfter('protocols')).toEqual(['| protocol | group | what it does | variants |', '|---|---|---|---|', ...rows]);
  });
});

function tableAfter(name: string): string[] {
  const after = README.split(`<!-- table: ${name} -->\n`)[1] ?? '';
  return (after.split('\n\n')[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
}

function node(args: readonly string[], folder: string, more: Readonly<Record<string, string>> = {}): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const env = { ...process.env, ...more, TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json') };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8', timeout: 120_000 });
  return { status, stdout, stderr };
}
