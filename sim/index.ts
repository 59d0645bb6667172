/**
 * overlaycast/sim: the simulator. `compare` measures overlays on a map; `World` runs
 * the library's peers on virtual time for scenarios of one's own.
 */
export { compare } from './experiments/comparison.ts';
export type { ComparisonOptions, Progress } from './experiments/comparison.ts';
export { deliveryFigures } from './experiments/figures.ts';
export type { DeliveryFigures } from './experiments/figures.ts';
export { PROTOCOLS } from './experiments/protocols.ts';
export type { ProtocolEntry } from './experiments/protocols.ts';
export type { Published, Reproduction, ReproductionOptions, ReproductionRow, Sample, Tolerance } from './experiments/reproduction.ts';
export { REPRODUCTIONS, reproduce } from './experiments/reproductions.ts';
export { readTopologyFile } from './input/read-topology.ts';
export type { MessageRecord } from './measure/message-record.ts';
export { TraceObserver, messageRecords, renamed } from './measure/trace.ts';
export { MatrixOracle, RouterOracle } from './measure/unicast.ts';
export type { DelayOracle } from './measure/unicast.ts';
export { renderCsv } from './report/csv.ts';
export { renderJson } from './report/json.ts';
export { REPORT_FORMAT } from './report/report.ts';
export type * from './report/report.ts';
export { renderReproductionCsv } from './report/reproduction-csv.ts';
export { REPRODUCTION_FORMAT } from './report/reproduction-report.ts';
export type { ReproductionReport } from './report/reproduction-report.ts';
export { renderReproduction } from './report/reproduction-table.ts';
export { renderTable } from './report/table.ts';
export { attachHosts } from './underlay/attachment.ts';
export type { AttachmentOptions, Host, HostChoice } from './underlay/attachment.ts';
export { buildRouterUnderlay } from './underlay/build.ts';
export type { RawGraph, RawLink, RawNode } from './underlay/build.ts';
export { BUILTIN_NAMES, builtinUnderlay } from './underlay/builtin.ts';
export { parseTopology } from './underlay/formats/detect.ts';
export { GENERATORS, generateTopology } from './underlay/generate/generators.ts';
export { RouteCache } from './underlay/route-cache.ts';
export { routerGraph } from './underlay/router-graph.ts';
export type * from './underlay/underlay.ts';
export { toDot } from './underlay/write/dot.ts';
export { toGraphml } from './underlay/write/graphml.ts';
export { toTopologyJson } from './underlay/write/json.ts';
export { NETWORK_DEFAULTS } from './world/network.ts';
export type { NetworkOptions } from './world/network.ts';
export { SilentObserver } from './world/observer.ts';
export type { Observer, PacketLoss } from './world/observer.ts';
export { DelayPaths, LinkPaths, routerPaths } from './world/paths.ts';
export type { Paths, QueuedHop } from './world/paths.ts';
export { GROUP, World } from './world/world.ts';
export type { WorldOptions } from './world/world.ts';
