import { PROTOCOLS } from '../sim/experiments/protocols.ts';
import { definitions, wrap } from '../sim/report/layout.ts';
import { BUILTIN_NAMES } from '../sim/underlay/builtin.ts';
import { KNOWN_FORMATS } from '../sim/underlay/formats/detect.ts';
import { GENERATORS } from '../sim/underlay/generate/generators.ts';
import { COMPARE_OPTIONS, CONVERT_OPTIONS, DEFAULT_TOPOLOGY, GENERATE_OPTIONS, REPRODUCE_OPTIONS, parameterOptions } from './arguments.ts';
import type { Topic } from './arguments.ts';
import { EXIT_STATUS, optionLines, usageLines } from './options.ts';
import { reproductionLines } from './reproduce.ts';
import { runHelp, swarmHelp } from './scenario-help.ts';

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
    ...wrap('', EXIT_STATUS, width),
  ];
}

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
    ...wrap('', EXIT_STATUS, width),
  ];
}

function protocolLines(width: number): string[] {
  const groups = [...new Set(PROTOCOLS.map(({ group }) => group))];
  return groups.flatMap((group) => {
    const members = PROTOCOLS.filter((protocol) => protocol.group === group);
    return [`  ${group}`, ...definitions(members.map(({ name, summary, variants }) => [name, variants === '' ? summary : `${summary} [${variants}]`]), width, 4)];
  });
}
