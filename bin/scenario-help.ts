import { LIMIT_RANGES } from '../sim/scenario/limits.ts';
import { definitions, wrap } from '../sim/report/layout.ts';
import { EXIT_STATUS, optionLines, usageLines } from './options.ts';
import { RUN_OPTIONS, SWARM_OPTIONS } from './scenario-arguments.ts';

export function runHelp(width: number): string[] {
  return [
    ...wrap('', 'Runs a scenario, a JSON document that says which peers there are, what they publish and what goes wrong, and checks every invariant: safety while it runs, liveness once the last fault has healed.', width),
    '',
    ...usageLines([['overlay-sim run FILE | - [options]', '']], width),
    '',
    'Options:',
    ...optionLines(RUN_OPTIONS, width),
    '',
    'Example:',
    ...EXAMPLE,
    '',
    'Fields; those in brackets may be left out:',
    ...definitions(FIELDS, width, 2),
    '',
    ...wrap('', 'Faults, each with its kind and atMs; those with forMs end so much later. Packets are those of hosts "between": { "from": [...], "to": [...] }, where that is said.', width),
    ...definitions(FAULTS.map(({ kind, fields, what }) => [`${kind} ${fields}`, what]), width, 2),
    '',
    ...wrap('', EXIT_STATUS, width),
  ];
}

export function swarmHelp(width: number): string[] {
  return [
    ...wrap('', 'Draws a scenario from each seed, its options, workload and faults, and runs it; every sixteenth with the whole stack, in datagrams, unless --wire says otherwise. A failing seed is a line that says how to run it again; the first one is made small and kept in a file.', width),
    '',
    ...usageLines([['overlay-sim swarm [options]', '']], width),
    '',
    'Options:',
    ...optionLines(SWARM_OPTIONS, width),
    '',
    'Examples:',
    '  overlay-sim swarm --seeds 2000 --json -',
    '  overlay-sim swarm --minutes 10 --protocol plumtree,flood',
    '  overlay-sim swarm --seeds 500 --wire datagrams',
    '',
    ...wrap('', EXIT_STATUS, width),
  ];
}

const EXAMPLE = [
  '  { "format": "overlaycast-scenario/1", "seed": 1,',
  '    "underlay": { "kind": "equal", "hosts": 10, "delayMs": 20 },',
  '    "group": { "dissemination": "plumtree", "repair": "anti-entropy", "order": "fifo" },',
  '    "peers": { "count": 10 },',
  '    "publishes": { "count": 50, "fromMs": 2000, "everyMs": 200, "peers": [0, 3] },',
  '    "faults": [',
  '      { "kind": "partition", "atMs": 5000, "forMs": 4000,',
  '        "sides": [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]] },',
  '      { "kind": "crash", "atMs": 6000, "peer": 7, "restartAfterMs": 2000 }] }',
];

const FIELDS: readonly (readonly [string, string])[] = [
  ['format', '"overlaycast-scenario/1"'],
  ['[name] [seed]', 'seed 1 by default'],
  ['underlay', '{ kind: "equal", hosts, delayMs }, { kind: "builtin", name }, { kind: "generated", name, parameters, seed }, or { kind: "topology", topology } with a map as overlay-sim generate writes it; a peer is named by the number of its host, from 0'],
  ['[group]', 'options of peer.join: overlay, dissemination, repair, order, since and the rest; without repair unless it says so'],
  ['[limits]', `of live peers, with --wire datagrams alone: options of createPeer and join (${Object.keys(LIMIT_RANGES).slice(0, -2).join(', ')}), readEveryMs for an application that reads one message so often, reassemblyBytesMax, of all peers alone, for what a link keeps of frames that are not whole`],
  ['peers', '[{ host, joinMs, [contact], [limits] }, ...], or { count, [joinEveryMs] } for hosts 0 to count - 1'],
  ['[publishes]', '[{ atMs, peer, bytes }, ...], or { count, fromMs, everyMs, peers, [bytes] }, by these peers in turn'],
  ['[commands]', '[{ atMs, peer, command }, ...], for an application: see overlaycast/testing'],
  ['[faults]', '[{ kind, atMs, ... }, ...]'],
  ['[settleMs]', 'time to make good once the last fault has healed; by default what the protocols of the group are promised to need'],
];

/** Every kind of fault, its fields beside `kind` and `atMs`, and what it does. */
const FAULTS: readonly { readonly kind: string; readonly fields: string; readonly what: string }[] = [
  { kind: 'loss', fields: 'forMs p [between]', what: 'each packet is lost with probability p' },
  { kind: 'duplication', fields: 'forMs p [between]', what: 'each arrives twice with probability p' },
  { kind: 'reordering', fields: 'forMs p byMs [between]', what: 'each is held back by up to byMs with probability p' },
  { kind: 'corruption', fields: 'forMs p [between]', what: 'each is damaged with probability p, which checksums find' },
  { kind: 'jitter', fields: 'forMs byMs [between]', what: 'each takes up to byMs longer' },
  { kind: 'bandwidth', fields: 'forMs kbps queueMs [between]', what: 'hosts send no faster; what would wait longer than queueMs is lost' },
  { kind: 'clog', fields: 'forMs [between]', what: 'all packets are held, and arrive when it ends' },
  { kind: 'partition', fields: 'forMs sides [oneWay]', what: 'nothing passes between sides, lists of hosts; oneWay: nothing from the first to the others' },
  { kind: 'linkFailure', fields: 'forMs link', what: 'the link between two routers is down, and routes go around it' },
  { kind: 'routerFailure', fields: 'forMs router', what: 'a router is down, its hosts are cut off' },
  { kind: 'crash', fields: 'peer [restartAfterMs] [disk]', what: 'a peer stops without a word; disk "lost": what its application has saved is gone, too' },
  { kind: 'massFailure', fields: 'share [restartAfterMs] [disk]', what: 'a share of all peers crashes at once' },
  { kind: 'pause', fields: 'forMs peer', what: 'a peer stands still, and goes on with its state' },
  { kind: 'leave', fields: 'peer [rejoinAfterMs] [stays]', what: 'a peer says good-bye; where its process stays, it joins again as the same incarnation' },
  { kind: 'slow', fields: 'forMs peer inputMs', what: 'a peer needs inputMs for each message and timer' },
  { kind: 'clockSkew', fields: 'forMs peer rate', what: 'a peer\'s clock runs at rate times the true speed' },
];
