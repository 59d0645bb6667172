/**
 * overlaycast/testing: property tests of what is built on the library. Needs fast-check
 * beside it. It stands in `sim`, since it runs the simulator.
 */
export { faultSchedules, scenarios, underlays, workloads } from './arbitraries.ts';
export type { ScenarioChoices } from './arbitraries.ts';
export { ScenarioFailure, holds, simulate, simulateStack } from './holds.ts';
export type { HoldsOptions } from './holds.ts';
export type { AppMessage, Application, Host, StartApplication } from '../scenario/application.ts';
export { CONTRACTS } from '../scenario/bounds.ts';
export type { Contract } from '../scenario/bounds.ts';
export { drawScenario } from '../scenario/draw.ts';
export type { DrawOptions } from '../scenario/draw.ts';
export type { FaultEffect } from '../scenario/fault-schedule.ts';
export type { Checker, GroupView, Invariant, Published, RunView, StackView, Violation } from '../scenario/invariant.ts';
export { INVARIANTS } from '../scenario/invariants.ts';
export { parseScenario } from '../scenario/parse.ts';
export { runScenario } from '../scenario/run-scenario.ts';
export type { RunScenarioOptions, ScenarioResult } from '../scenario/run-scenario.ts';
export { SCENARIO_FORMAT } from '../scenario/scenario.ts';
export type * from '../scenario/scenario.ts';
export { shrink } from '../swarm/shrink.ts';
export type { ShrinkOptions, Shrunk } from '../swarm/shrink.ts';
export { runStack } from '../stack/run-stack.ts';
export type { RunStackOptions } from '../stack/run-stack.ts';
