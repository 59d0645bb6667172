import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { codeOf } from './support/source-text.ts';

/**
 * The architecture and the style as a test. Each rule names what to write instead.
 * What a rule finds is listed whole, as `file:line: text`, so that a failure can be
 * mended without reading this file.
 */

const ROOT = fileURLToPath(new URL('../', import.meta.url));

interface Source {
  readonly path: string;
  readonly text: string;
  /** The text with comments, strings and patterns blanked out, line for line. */
  readonly code: string;
  readonly imports: readonly string[];
}

const sources = ['lib', 'sim', 'bin', 'test'].flatMap(sourcesIn);
const shipped = sources.filter(({ path }) => !path.startsWith('test/'));

function sourcesIn(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => sourceOf(normalize(join(folder, path)).replaceAll('\\', '/'), readFileSync(join(ROOT, folder, path), 'utf8')));
}

function sourceOf(path: string, text: string): Source {
  const imports = [...text.matchAll(/^(?:import|export)\s[^;]*?\sfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gms)]
    .map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? '')
    .map((to) => (to.startsWith('.') ? normalize(join(dirname(path), to)).replaceAll('\\', '/') : to));
  return { path, text, code: codeOf(text), imports };
}

/** Where `pattern` occurs in the code, as `file:line: text`. */
function found(pattern: RegExp, files: readonly Source[], where: 'code' | 'text' = 'code'): string[] {
  return files.flatMap((source) => {
    const shown = source.text.split('\n');
    return source[where].split('\n').flatMap((line, index) => (pattern.test(line) ? [`${source.path}:${index + 1}: ${shown[index]?.trim()}`] : []));
  });
}

/** The folder that decides what a file may import: two levels of `lib` and `sim`, one elsewhere. */
function layerOf(path: string): string {
  const [top = '', second = ''] = path.split('/');
  return (top === 'lib' || top === 'sim') && !second.endsWith('.ts') ? `${top}/${second}` : top;
}

/** What the files of a layer may import, beside their own layer. `lib` and `sim` alone are the doors. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'lib/core': [],
  'lib/membership': ['lib/core'],
  'lib/overlay': ['lib/core'],
  'lib/dissemination': ['lib/core'],
  'lib/peer': ['lib/core', 'lib/membership', 'lib/overlay', 'lib/dissemination'],
  'lib/wire': ['lib/core', 'cbor-x'],
  'lib/transport': ['lib/core', 'lib/wire/framing.ts', 'node:crypto', 'node:dgram', 'node:net'],
  'lib/node': [
    'lib/core', 'lib/membership', 'lib/dissemination', 'lib/peer', 'lib/wire', 'lib/transport',
    'node:crypto', 'node:diagnostics_channel', 'node:dns/promises', 'node:events', 'node:net', 'node:os',
  ],
  lib: ['lib/core', 'lib/peer', 'lib/wire', 'lib/membership', 'lib/overlay', 'lib/dissemination', 'lib/transport', 'lib/node'],
  'sim/underlay': ['lib/core'],
  'sim/measure': ['lib/core', 'sim/underlay', 'sim/world'],
  'sim/world': ['lib/core', 'lib/peer', 'lib/wire', 'sim/underlay', 'sim/measure'],
  'sim/input': ['lib/core', 'sim/underlay', 'node:fs', 'node:zlib'],
  'sim/report': ['lib/core', 'sim/underlay', 'sim/measure', 'sim/experiments'],
  'sim/experiments': ['lib/core', 'lib/peer', 'lib/wire', 'sim/underlay', 'sim/world', 'sim/measure', 'sim/report'],
  // Invariants look at what the protocols hold.
  'sim/scenario': ['lib/core', 'lib/peer', 'lib/membership', 'lib/overlay', 'lib/dissemination', 'sim/underlay', 'sim/world', 'sim/measure'],
  // The one part of the simulator that runs the live half of the library.
  'sim/stack': ['lib/core', 'lib/node', 'lib/transport', 'sim/scenario', 'sim/world'],
  // What runs a scenario by any wire.
  'sim/swarm': ['lib/core', 'sim/scenario', 'sim/stack', 'node:crypto', 'node:process'],
  'sim/testing': ['lib/core', 'sim/scenario', 'sim/stack', 'sim/swarm', 'fast-check', 'node:fs', 'node:os', 'node:path', 'node:process'],
  sim: ['sim/scenario', 'sim/underlay', 'sim/world', 'sim/measure', 'sim/input', 'sim/report', 'sim/experiments'],
  bin: [
    'lib', 'lib/core', 'lib/node', 'lib/transport', 'sim/world', 'sim/measure', 'node:buffer', 'node:crypto', 'node:diagnostics_channel', 'node:events', 'node:readline',
    'sim', 'sim/scenario', 'sim/swarm', 'node:os', 'node:worker_threads', 'sim/underlay', 'sim/input', 'sim/report', 'sim/experiments', 'node:fs', 'node:module', 'node:path', 'node:url',
  ],
};

/** Folders that must behave the same everywhere, with every seed; those that `tsconfig.pure.json` checks. */
const PURE = ['lib/core', 'lib/membership', 'lib/overlay', 'lib/dissemination', 'lib/peer', 'lib/wire', 'sim/underlay', 'sim/world', 'sim/measure', 'sim/scenario'];
const pure = shipped.filter(({ path }) => PURE.includes(layerOf(path)));

/** A protocol each. What else stands in these folders helps one of them, and may be imported from its own folder. */
const PROTOCOL_FILES = [
  'lib/membership/cyclon.ts',
  'lib/membership/hyparview.ts',
  'lib/overlay/narada.ts',
  'lib/overlay/nice/nice.ts',
  'lib/overlay/static-overlay.ts',
  'lib/overlay/switch-tree.ts',
  'lib/overlay/x-bot.ts',
  'lib/dissemination/anti-entropy.ts',
  'lib/dissemination/flooding.ts',
  'lib/dissemination/gossip-mesh.ts',
  'lib/dissemination/plumtree.ts',
  'lib/dissemination/rumor-mongering.ts',
  'lib/dissemination/tree-multicast.ts',
  'lib/dissemination/unicast.ts',
];

describe('dependencies point one way', () => {
  test('each layer imports what DESIGN.md says; move the code, or hand the thing in from above', () => {
    const wrong = shipped.flatMap(({ path, imports }) => {
      const layer = layerOf(path);
      return imports.filter((to) => layerOf(to) !== layer && !MAY_IMPORT[layer]?.includes(layerOf(to)) && !MAY_IMPORT[layer]?.includes(to))
        .map((to) => `${path} imports ${to}`);
    });
    expect(wrong).toEqual([]);
  });

  test('every folder has its place in that list', () => {
    expect([...new Set(shipped.map(({ path }) => layerOf(path)))].filter((layer) => !(layer in MAY_IMPORT))).toEqual([]);
  });

  test('the simulator needs no sockets: what it imports of lib is neither transport nor node, but for the whole stack on virtual time', () => {
    expect(sources.filter(({ path }) => path.startsWith('sim/') && layerOf(path) !== 'sim/stack').flatMap(({ path, imports }) => imports.filter((to) => /^lib\/(transport|node|index)/.test(to)).map((to) => `${path} imports ${to}`))).toEqual([]);
  });

  test('protocols do not know each other; compose them in lib/peer', () => {
    const wrong = shipped.filter(({ path }) => PROTOCOL_FILES.includes(path)).flatMap(({ path, imports }) => imports.filter((to) => PROTOCOL_FILES.includes(to)).map((to) => `${path} imports ${to}`));
    expect(wrong).toEqual([]);
  });

  test('every file that implements a protocol is listed as one', () => {
    const implementing = shipped.filter(({ code }) => /\bimplements (?:Overlay|EditableOverlay|TreeOverlay|Dissemination)\b/.test(code)).map(({ path }) => path);
    expect(implementing.sort()).toEqual([...PROTOCOL_FILES].sort());
  });

  test('packages: cbor-x in lib/wire, fast-check in sim/testing, and nothing else that is not Node\'s', () => {
    const foreign = shipped.flatMap(({ path, imports }) => imports.filter((to) => !/^(lib|sim|bin)\//.test(to) && !to.startsWith('node:')).map((to) => `${path} imports ${to}`));
    expect([...new Set(foreign)]).toEqual(['lib/wire/codec.ts imports cbor-x', 'sim/testing/arbitraries.ts imports fast-check']);
  });

  test('imports within the project end in .ts', () => {
    const wrong = sources.flatMap(({ path, imports }) => imports.filter((to) => /^(lib|sim|bin|test)\//.test(to) && !to.endsWith('.ts')).map((to) => `${path} imports ${to}`));
    expect(wrong).toEqual([]);
  });

  test('files do not import each other in a circle, types apart; part them, or move what is shared', () => {
    const values = new Map(shipped.map(({ path, text }) => [path, sourceOf(path, text.replace(/^(?:import|export) type [^;]*;/gms, '')).imports]));
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, from: readonly string[]): void => {
      if (from.includes(path)) circles.push([...from.slice(from.indexOf(path)), path].join(' > '));
      if (from.includes(path) || done.has(path)) return;
      for (const to of values.get(path) ?? []) visit(to, [...from, path]);
      done.add(path);
    };
    for (const { path } of shipped) visit(path, []);
    expect(circles).toEqual([]);
  });
});

describe('pure folders behave the same everywhere', () => {
  test.each([
    ['time is an argument, nowMs', /\bDate\b|\bperformance\b|\bhrtime\b/],
    ['randomness is a Random that is handed in', /\bMath\.random\b|\bcrypto\b/],
    ['timers are effects', /\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/],
    ['nothing waits: a protocol answers at once', /\basync\b|\bawait\b|\bPromise\b/],
    ['the machine is not seen: no process, Buffer, console or globals', /\bprocess\b|\bBuffer\b|\bconsole\b|\bglobalThis\b|\bText(?:De|En)coder\b/],
    ['order does not hang on locale', /\.localeCompare\b|\btoLocale\w+\b|\bIntl\b/],
  ])('%s', (_, pattern) => {
    expect(found(pattern, pure)).toEqual([]);
  });

  test('nothing is imported from Node', () => {
    expect(pure.flatMap(({ path, imports }) => imports.filter((to) => to.startsWith('node:')).map((to) => `${path} imports ${to}`))).toEqual([]);
  });

  test('the compiler checks the same folders without the types of Node', () => {
    const { include }: { readonly include: readonly string[] } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.pure.json'), 'utf8'));
    expect([...include].sort()).toEqual([...PURE].sort());
  });
});

describe('style', () => {
  test.each([
    ['no any: unknown, a union, or a type parameter', /(?<![.\w'])any(?=[\s,;)>\]|&]|$)(?!\()/],
    ['no enum: a union of words', /^\s*(?:export )?(?:const )?enum\b/],
    ['no namespace: a file', /^\s*(?:export )?(?:declare )?namespace\b/],
    ['no non-null !: write the if', /[\w)\]]!(?=[.[,;)\]\s]|$)(?!\s*==?)/],
    ['no default export: a name', /^export default\b/],
    ['no var: const or let', /^\s*var\b/],
    ['no ==: === says what is meant', /[^=!<>]==[^=]|!=[^=]/],
    ['no forEach over what may be awaited', /\.forEach\(async\b/],
  ])('%s', (_, pattern) => {
    expect(found(pattern, sources)).toEqual([]);
  });

  test('nothing is left to do: do it, or write an issue', () => {
    expect(found(/\b(?:TO\x44O|FIX\x4dE|XX\x58|HAC\x4b)\b/, sources, 'text')).toEqual([]);
  });

  test('nothing is switched off for the compiler: mend the type', () => {
    expect(found(/^\s*\/[/*]+\s*(?:@ts-(?:ignore|expect-error|nocheck)|eslint-disable)/, sources, 'text')).toEqual([]);
  });

  test('no test is skipped or alone but for what is not there', () => {
    const tests = sources.filter(({ path }) => path.startsWith('test/'));
    expect(found(/\b(?:test|describe|it)\.(?:only|skip|todo)\b/, tests)).toEqual([]);
  });

  test('files have at most 400 lines: look for the second noun', () => {
    // A ratchet: these may shrink, and go from the list then.
    const longer: Readonly<Record<string, number>> = {
      'test/unit/membership/hyparview.test.ts': 480,
    };
    const lines = sources.map(({ path, text }) => [path, text.split('\n').length - 1] as const);
    expect(lines.filter(([path, count]) => count > (longer[path] ?? 400)).map(([path, count]) => `${path}: ${count} lines`)).toEqual([]);
  });

  test('no switch has a case twice: the second is never reached', () => {
    const doubled = shipped.flatMap(({ path, text }) => [...text.matchAll(/switch \([^\n]*\{\n((?:.*\n)*?) {4}\}\n/g)].flatMap(([, body = '']) => {
      const labels = [...body.matchAll(/^ {6}case '([^']+)':/gm)].map(([, label]) => label);
      return labels.filter((label, index) => labels.indexOf(label) < index).map((label) => `${path}: ${label}`);
    }));
    expect(doubled).toEqual([]);
  });

  test('functions have at most 60 lines: decisions in the parent, arithmetic in leaves', () => {
    expect(shipped.flatMap(longFunctions)).toEqual([]);
  });

  test('what is exported has a comment that says what it is', () => {
    expect(shipped.filter(({ path }) => !path.startsWith('bin/')).flatMap(uncommented).filter((line) => !UNCOMMENTED.includes(line))).toEqual([]);
  });

  test('the list of what has none does not grow stale', () => {
    const all = shipped.flatMap(uncommented);
    expect(UNCOMMENTED.filter((line) => !all.includes(line))).toEqual([]);
  });

  test('the prose names no machine: paths and hosts of where it was written stay there', () => {
    const files = ['README.md', 'DESIGN.md', 'PROTOCOL.md', 'CHANGELOG.md'].filter((path) => existsSync(join(ROOT, path)))
      .map((path) => sourceOf(path, readFileSync(join(ROOT, path), 'utf8')));
    // Absolute paths but those of devices; patterns and relative paths do not look like this.
    expect(found(/(?<=^|[\s'"`(])\/(?!dev\/|\w+\/[dgimsuvy]+[.,;)])[a-z]+\/[\w.-]+/, [...files, ...sources], 'text')).toEqual([]);
  });
});

describe('the package', () => {
  const manifest: { readonly dependencies: object; readonly devDependencies: Readonly<Record<string, string>>; readonly peerDependencies: object; readonly type: string } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

  test('depends on what DESIGN.md allows', () => {
    expect(Object.keys(manifest.dependencies)).toEqual(['cbor-x']);
    expect(Object.keys(manifest.devDependencies).sort()).toEqual(['@types/node', 'fast-check', 'tsx', 'typescript', 'vitest']);
    expect(Object.keys(manifest).filter((key) => /[dD]ependencies/.test(key))).toEqual(['dependencies', 'peerDependencies', 'peerDependenciesMeta', 'devDependencies']);
    expect(Object.entries(manifest.peerDependencies)).toEqual([['fast-check', manifest.devDependencies['fast-check']]]);
  });

  test('has five folders, what is built and hidden ones apart', () => {
    const ignored = existsSync(join(ROOT, '.gitignore')) ? readFileSync(join(ROOT, '.gitignore'), 'utf8').split('\n').map((line) => line.replace(/^\/|\/$/g, '')) : [];
    const folders = readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(folders.filter((name) => !name.startsWith('.') && !ignored.includes(name)).sort()).toEqual(['bin', 'lib', 'results', 'sim', 'test']);
  });
});

/** Exports that explain themselves, as `file: name`. A ratchet: nothing is added. */
const UNCOMMENTED: readonly string[] = [
  'lib/core/ids.ts: peerRef',
  'lib/core/ids.ts: groupRef',
  'lib/core/messages.ts: NeighbourReply',
  'lib/core/messages.ts: ShuffleReply',
  'lib/core/sequence-window.ts: SequenceWindow',
  'sim/measure/link-stress.ts: LinkStress',
  'sim/measure/link-stress.ts: linkStress',
  'sim/measure/resource-usage.ts: resourceUsage',
  'sim/measure/tree-cost.ts: costRatios',
  'sim/report/layout.ts: style',
  'sim/report/report.ts: Report',
  'sim/report/report.ts: ReportOptions',
  'sim/report/report.ts: ReportUnderlay',
  'sim/report/report.ts: ProtocolResult',
  'sim/report/report.ts: Spread',
  'sim/report/report.ts: StressResult',
  'sim/report/report.ts: StressScopesResult',
  'sim/report/report.ts: LinkStressResult',
  'sim/report/report.ts: TreeCostResult',
  'sim/report/report.ts: ControlOverhead',
  'sim/report/report.ts: EpidemicResult',
  'sim/report/report.ts: OverlayGraphResult',
  'sim/report/report.ts: LinkResult',
  'sim/report/table.ts: TableOptions',
  'sim/underlay/attachment.ts: AttachmentOptions',
  'sim/underlay/formats/json-text.ts: isObject',
  'sim/underlay/generate/parameters.ts: Generator',
  'sim/underlay/generate/parameters.ts: count',
  'sim/underlay/generate/parameters.ts: real',
  'sim/underlay/generate/parameters.ts: routersParameter',
];

/** Exported functions, classes, interfaces, types and constants without a doc comment. */
function uncommented({ path, text }: Source): string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const [, name] = /^export (?:declare |abstract |async )*(?:function\*?|class|interface) (\w+)/.exec(line) ?? [];
    return name === undefined || lines[index - 1]?.trimEnd().endsWith('*/') === true ? [] : [`${path}: ${name}`];
  });
}

/** Functions and methods by indentation: from a line that opens a body to the line that closes it at the same depth. */
function longFunctions({ path, code }: Source): string[] {
  const lines = code.split('\n');
  return lines.flatMap((line, index) => {
    const [, indent] = /^(\s*)(?:export )?(?:(?:private|protected|override|static|async|function)\b.*|(?:get |set )?[\w*]+)\(.*\{\s*$/.exec(line) ?? [];
    if (indent === undefined || /^\s*(?:if|for|while|switch|describe)\b/.test(line)) return [];
    const end = lines.findIndex((other, at) => at > index && other.startsWith(`${indent}}`));
    const length = end - index + 1;
    return length > 60 ? [`${path}:${index + 1}: ${length} lines`] : [];
  });
}
