import { readFileSync } from 'node:fs';
import { OverlayError } from '../lib/core/errors.ts';
import { parseScenario } from '../sim/scenario/parse.ts';
import type { ScenarioResult } from '../sim/scenario/run-scenario.ts';
import type { Scenario } from '../sim/scenario/scenario.ts';
import { printable, wrap } from '../sim/report/layout.ts';
import { type Wire, runWith } from '../sim/swarm/run-with.ts';
import { checkOutput, jsonText, outputWidth, writeOutput } from './output.ts';
import type { RunCommand } from './scenario-arguments.ts';

/** Violations of one run that are told. */
const VIOLATIONS_MAX = 10;
/** Bytes of a document at most: a scenario of all that is allowed has some 10 MB. */
const DOCUMENT_BYTES_MAX = 64 * 1024 * 1024;

/** What some editors begin a file with. */
const BYTE_ORDER_MARK = /^\uFEFF/;

/** `overlay-sim run`: answers whether everything held. @throws OverlayError */
export async function runFile({ file, seed, wire, twice, json, quiet }: RunCommand): Promise<boolean> {
  if (json !== undefined) checkOutput(json);
  const read = readScenario(file);
  const scenario = seed === undefined ? read : { ...read, seed };
  const result = await runWith(scenario, { wire, twice, violationsMax: VIOLATIONS_MAX });
  if (json !== '-') for (const line of resultLines(scenario, wire, result, quiet, outputWidth())) process.stdout.write(`${printable(line)}\n`);
  if (json !== undefined) writeOutput(json, jsonText({ format: 'overlaycast-run/1', scenario, result }));
  return result.violations.length === 0;
}

/** @throws OverlayError `UNREADABLE_FILE`, `INVALID_SCENARIO` naming the file and the field. */
export function readScenario(file: string): Scenario {
  const name = file === '-' ? 'standard input' : file;
  let document: unknown;
  try {
    const bytes = readFileSync(file === '-' ? 0 : file);
    if (bytes.length > DOCUMENT_BYTES_MAX) throw new OverlayError('INVALID_SCENARIO', `${name}: expected at most ${DOCUMENT_BYTES_MAX} bytes, got ${bytes.length}.`);
    document = JSON.parse(bytes.toString('utf8').replace(BYTE_ORDER_MARK, ''));
  } catch (error) {
    if (error instanceof OverlayError) throw error;
    if (error instanceof SyntaxError) throw new OverlayError('INVALID_SCENARIO', `${name}: expected JSON: ${error.message}.`);
    throw new OverlayError('UNREADABLE_FILE', `${name}: cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
  try {
    return parseScenario(document);
  } catch (error) {
    if (error instanceof OverlayError) throw new OverlayError(error.code, `${name}: ${error.message}`);
    throw error;
  }
}

function resultLines(scenario: Scenario, wire: Wire, result: ScenarioResult, quiet: boolean, width: number): string[] {
  const { violations, faults, published, skipped, deliveries, events, endMs, traceHash } = result;
  const lines = violations.flatMap(({ invariant, atMs, peer, what }) => wrap('violated: ', `${invariant} at ${atMs} ms${peer === undefined ? '' : `, peer ${peer}`}: ${what}`, width));
  if (quiet) return lines;
  const idle = faults.filter(({ affected }) => affected === 0);
  return [
    ...wrap('', `${scenario.name}, seed ${scenario.seed}: ${scenario.peers.length} peers, ${published} messages published, ${skipped} skipped, ${deliveries} deliveries, ${events} events in ${endMs} ms of virtual time`, width),
    ...(scenario.commands === undefined || scenario.commands.length === 0 ? [] : wrap('', `${scenario.commands.length} commands are for an application, and none runs here: they were skipped`, width)),
    ...(wire === 'datagrams' || (scenario.limits === undefined && scenario.peers.every(({ limits }) => limits === undefined)) ? [] : wrap('', 'limits are for live peers, and none runs here: they were ignored; --wire datagrams keeps them', width)),
    ...faults.filter(({ affected }) => affected > 0).map(({ fault, affected }) => `fault ${fault.kind} at ${fault.atMs} ms affected ${affected} ${affectedThings(fault.kind)}`),
    ...idle.map(({ fault }) => `fault ${fault.kind} at ${fault.atMs} ms affected nothing`),
    ...lines,
    violations.length === 0 ? `every invariant held; trace ${traceHash}` : `${violations.length} violated; trace ${traceHash}`,
  ];
}

function affectedThings(kind: Scenario['faults'][number]['kind']): string {
  switch (kind) {
    case 'crash':
    case 'massFailure':
    case 'leave':
    case 'clockSkew': return 'peers';
    case 'pause':
    case 'slow': return 'inputs';
    case 'linkFailure':
    case 'routerFailure': return 'routes';
    default: return 'packets';
  }
}
