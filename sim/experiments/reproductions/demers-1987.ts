import { type GroupConfig, type RumorOptions, groupConfig } from '../../../lib/core/config.ts';
import { type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import { Random } from '../../../lib/core/random.ts';
import { type Reproduction, type ReproductionOptions, type ReproductionRow, type Tolerance, row, sampleOf } from '../reproduction.ts';
import { connectionRows } from './demers-connections.ts';
import { spatialMethod, spatialRows } from './demers-spatial.ts';
import { DEMERS_TABLES, type Figure, type TableLine, roundingOf, slackOf } from './demers-tables.ts';
import { type Epidemic, rumorEpidemic } from './rumor-epidemic.ts';

/** Sites, as in all tables of the paper's section 1.4. */
const PEERS = 1000;

/** A. Demers et al.: tables 1 to 3, what connection limits do, and the shape of spatial selection. */
export const DEMERS_1987: Reproduction = {
  name: 'demers-1987',
  paper: 'A. Demers, D. Greene, C. Hauser, W. Irish, J. Larson, S. Shenker, H. Sturgis, D. Swinehart, D. Terry: "Epidemic algorithms for replicated database maintenance", PODC 1987.',
  summary: 'epidemics: residue, traffic, cycles of tables 1 to 3; spatial selection',
  method,
  run,
};

function method(quick: boolean): string {
  const runs = [...new Set(DEMERS_TABLES.map((line) => runsOf(line, quick)))].join(', ');
  return [
    `Tables: one update among ${PEERS} peers that know each other, ${runs} runs a row, each with a seed of its own made of the seed and the number of the run.`,
    'Cycles are synchronous and messages take no time; what runs is the protocol itself.',
    'Who is infective when a cycle begins acts in it; partners are uniform over the others; whether a recipient knew the update is judged on what it knew when the cycle began;',
    'a useful contact resets the counter; in pull everybody asks in every cycle, and a counter changes once a cycle at most; m counts every update that is sent.',
    'Tolerance: s 5 %, m 0.05, t_last 0.3 (blind, coin, k = 1: 1.5), and half a unit of the last digit that the paper prints',
    quick ? 'and, in this quick version and for all rows, four standard errors of the mean.' : 'where the paper has figures.',
    spatialMethod(quick),
  ].join(' ');
}

function run({ seed, quick, onShare }: ReproductionOptions): readonly ReproductionRow[] {
  const random = new Random(seed).fork('demers-1987');
  const work = DEMERS_TABLES.reduce((sum, line) => sum + workOf(line, quick), 0);
  let done = 0;
  const tables = DEMERS_TABLES.flatMap((line) => {
    const runs = runsOf(line, quick);
    const epidemics = epidemicsOf(line.variant, runs, random, () => onShare((0.8 * (done += workOf(line, quick) / runs)) / work));
    return FIGURES.map((figure) => tableRow(line, figure, epidemics, quick));
  });
  const connections = connectionRows((variant, runs) => epidemicsOf(variant, runs, random, () => {}), quick);
  onShare(0.9);
  const spatial = spatialRows(random.fork('spatial'), quick);
  onShare(1);
  return [...tables, ...connections, ...spatial];
}

const MEMBERS: readonly PeerRef[] = Array.from({ length: PEERS }, (_, peer) => peerRef(peer));

/** Independent epidemics of one variant. */
function epidemicsOf(variant: Partial<RumorOptions>, runs: number, random: Random, onRun: () => void): Epidemic[] {
  const config = configOf(variant);
  const seeds = random.fork(JSON.stringify(variant));
  return Array.from({ length: runs }, (_, index) => {
    onRun();
    return rumorEpidemic(config, MEMBERS, seeds.fork('run', index));
  });
}

function configOf(variant: Partial<RumorOptions>): GroupConfig {
  return groupConfig({ overlay: 'full', dissemination: { kind: 'rumor', ...variant }, historyMessagesMax: 0 });
}

/** A column of the tables. */
interface Column {
  readonly figure: Figure;
  readonly name: string;
  readonly of: (epidemic: Epidemic) => number;
}

const FIGURES: readonly Column[] = [
  { figure: 's', name: 's (residue)', of: ({ residue }) => residue },
  { figure: 'm', name: 'm (updates sent per site)', of: ({ traffic }) => traffic },
  { figure: 'tAve', name: 't_ave (cycles)', of: ({ tAve }) => tAve },
  { figure: 'tLast', name: 't_last (cycles)', of: ({ tLast }) => tLast },
];

function tableRow(line: TableLine, { figure, name, of }: Column, epidemics: readonly Epidemic[], quick: boolean): ReproductionRow {
  // Nobody but the source was told: there is no time of arrival.
  const values = epidemics.map(of).filter((value) => !Number.isNaN(value));
  const { mean } = sampleOf(values);
  const tolerance = line.tolerances[figure];
  const slack = (tolerance.kind === 'absolute' ? tolerance.by : tolerance.by * Number(line.published[figure])) + roundingOf(line.published[figure]);
  const absolute: Tolerance = { kind: 'absolute', by: slack + slackOf(values, quick) };
  // Where hardly a run misses anybody, the deviation says nothing either.
  const unresolved = figure === 's' && mean * values.length * PEERS < LEAST_MISSED;
  const note = unresolved ? `Not judged: ${values.length} runs missed ${Math.round(mean * values.length * PEERS)} peers together; it takes some 10 000 runs to see a residue like this.` : line.notes[figure];
  return row({
    what: `${line.name}: ${name}`,
    where: line.where,
    published: { kind: 'value', value: Number(line.published[figure]) },
    tolerance: absolute,
    values,
    unjudged: unresolved || (figure === 'tAve' && line.where !== 'table 3'),
    ...(note === undefined ? {} : { note }),
  });
}

/** Peers missed over all runs that a residue is judged on, at least. */
const LEAST_MISSED = 10;

function runsOf({ runs }: TableLine, quick: boolean): number {
  return quick ? runs.quick : runs.full;
}

/** Pull costs several times what push does: everybody asks in every cycle. */
function workOf(line: TableLine, quick: boolean): number {
  return runsOf(line, quick) * (line.variant.mode === 'pull' ? 3 : 1);
}
