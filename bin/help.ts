import { PROTOCOLS } from '../sim/experiments/protocols.ts';
import { definitions, wrap } from '../sim/report/layout.ts';
import { BUILTIN_NAMES } from '../sim/underlay/builtin.ts';
import { KNOWN_FORMATS } from '../sim/underlay/formats/detect.ts';
import { GENERATORS } from '../sim/underlay/generate/generators.ts';
import { COMPARE_OPTIONS, CONVERT_OPTIONS, DEFAULT_TOPOLOGY, GENERATE_OPTIONS, REPRODUCE_OPTIONS, parameterOptions } from './arguments.ts';
import type { Topic } from './arguments.ts';
import { optionLines, usageLines } from './options.ts';
import { reproductionLines } from './reproduce.ts';
import { RUN_OPTIONS, SWARM_OPTIONS } from './scenario-arguments.ts';

export { versionText } from './output.ts';

/** The help of a command, each line at most `width` characters. */
export function helpText(topic: Topic, width: number): string {
  const lines = { compare: compareHelp, generate: generateHelp, convert: convertHelp, reproduce: reproduceHelp, run: runHelp, swarm: swarmHelp }[topic](width);
  return `${lines.join('\n')}\n`;
}

function compareHelp(width: number): string[] {
  return [
    ...wrap('', 'overlay-sim compares ways to multicast over the peers of an application, on a map of the network beneath them.', width),
    '',
    ...usageLines([
      ['overlay-sim [FILE | builtin:NAME | -] [options]', 'compare'],
      ['overlay-sim generate NAME [options]', 'write a generated map'],
      ['overlay-sim convert FILE [options]', 'write a map in another format'],
      ['overlay-sim reproduce NAME [options]', 'run an experiment of a paper again'],
      ['overlay-sim run SCENARIO [options]', 'run a scenario with faults, check that all holds'],
      ['overlay-sim swarm [options]', 'draw and run thousands of them'],
    ], width),
    '',
    ...wrap('', `Without a map it runs on ${DEFAULT_TOPOLOGY}; - reads one from standard input. Built in: ${BUILTIN_NAMES.join(', ')}. Formats, plain or gzipped: ${KNOWN_FORMATS}.`, width),
    '',
    'Options:',
    ...optionLines(COMPARE_OPTIONS, width),
    '',
    ...wrap('', 'Protocols, and in brackets what may follow the name after colons, as in rumor:push-pull:coin:k=3:', width),
    ...protocolLines(width),
    '',
    ...EXIT_STATUS.flatMap((line) => wrap('', line, width)),
  ];
}

const EXIT_STATUS = ['Exit status: 0 done, 1 an invariant was violated (run, swarm), 2 unusable input or arguments, 70 a bug in overlay-sim.'];

function generateHelp(width: number): string[] {
  return [
    ...wrap('', 'Writes a generated map to standard output.', width),
    '',
    ...usageLines([['overlay-sim generate NAME [--PARAMETER VALUE ...] [options]', '']], width),
    '',
    'Options:',
    ...optionLines(GENERATE_OPTIONS, width),
    ...GENERATORS.flatMap((generator) => [
      '',
      ...wrap('', `${generator.name}: ${generator.summary}`, width),
      ...optionLines(parameterOptions(generator), width),
    ]),
  ];
}

function convertHelp(width: number): string[] {
  return [
    ...wrap('', 'Writes a map to standard output in another format; what was done to it on the way goes to standard error.', width),
    '',
    ...usageLines([['overlay-sim convert FILE | builtin:NAME | - [options]', '']], width),
    '',
    ...wrap('', `Formats that are read, plain or gzipped: ${KNOWN_FORMATS}.`, width),
    ...wrap('', 'A latency matrix has no links and is written as JSON alone; DOT is for drawing and is not read.', width),
    '',
    'Options:',
    ...optionLines(CONVERT_OPTIONS, width),
  ];
}

function reproduceHelp(width: number): string[] {
  return [
    ...wrap('', 'Runs an experiment of a paper again and prints each published figure beside the measured one.', width),
    '',
    ...usageLines([['overlay-sim reproduce NAME [options]', 'run it'], ['overlay-sim reproduce', 'list the names']], width),
    '',
    'Names:',
    ...reproductionLines(width),
    '',
    'Options:',
    ...optionLines(REPRODUCE_OPTIONS, width),
    '',
    ...wrap('', 'A row that does not reproduce is a result like any other: it says so, and the exit status is 0 all the same.', width),
    ...EXIT_STATUS.flatMap((line) => wrap('', line, width)),
  ];
}

function runHelp(width: number): string[] {
  return [
    ...wrap('', 'Runs a scenario, a JSON document that says which peers there are, what they publish and what goes wrong, and checks every invariant: safety while it runs, liveness once the last fault has healed.', width),
    '',
    ...usageLines([['overlay-sim run FILE | - [options]', '']], width),
    '',
    'Options:',
    ...optionLines(RUN_OPTIONS, width),
    '',
    'Example:',
    ...EXAMPLE_SCENARIO,
    '',
    ...EXIT_STATUS.flatMap((line) => wrap('', line, width)),
  ];
}

const EXAMPLE_SCENARIO = [
  '  { "format": "overlaycast-scenario/1", "seed": 1,',
  '    "underlay": { "kind": "equal", "hosts": 10, "delayMs": 20 },',
  '    "group": { "dissemination": "plumtree", "repair": "anti-entropy", "order": "fifo" },',
  '    "peers": { "count": 10 },',
  '    "publishes": { "count": 50, "fromMs": 2000, "everyMs": 200, "peers": [0, 3] },',
  '    "faults": [{ "kind": "partition", "atMs": 5000, "forMs": 4000, "sides": [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]] },',
  '               { "kind": "crash", "atMs": 6000, "peer": 7, "restartAfterMs": 2000 }] }',
];

function swarmHelp(width: number): string[] {
  return [
    ...wrap('', 'Draws a scenario from each seed, its options, workload and faults, and runs it. A failing seed is a line that says how to run it again; the first one is made small and kept in a file.', width),
    '',
    ...usageLines([['overlay-sim swarm [options]', '']], width),
    '',
    'Options:',
    ...optionLines(SWARM_OPTIONS, width),
    '',
    'Examples:',
    '  overlay-sim swarm --seeds 2000 --json -',
    '  overlay-sim swarm --minutes 10 --protocol plumtree,flood',
    '',
    ...EXIT_STATUS.flatMap((line) => wrap('', line, width)),
  ];
}

function protocolLines(width: number): string[] {
  const groups = [...new Set(PROTOCOLS.map(({ group }) => group))];
  return groups.flatMap((group) => {
    const members = PROTOCOLS.filter((protocol) => protocol.group === group);
    return [`  ${group}`, ...definitions(members.map(({ name, summary, variants }) => [name, variants === '' ? summary : `${summary} [${variants}]`]), width, 4)];
  });
}
