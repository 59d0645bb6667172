import type { Canary } from './canary.ts';
import { DETERMINISM_CANARIES } from './determinism.ts';
import { DISSEMINATION_CANARIES } from './dissemination.ts';
import { EPIDEMIC_CANARIES } from './epidemics.ts';
import { LOG_CANARIES } from './log.ts';
import { MEMBERSHIP_CANARIES } from './membership.ts';
import { NEWCOMER_CANARIES } from './newcomers.ts';
import { OVERLAY_CANARIES } from './overlays.ts';
import { PEER_CANARIES } from './peers.ts';
import { QUIET_CANARIES } from './quiet.ts';
import { TRANSPORT_CANARIES } from './transport.ts';

/** Every canary. */
export const CANARIES: readonly Canary[] = [
  ...LOG_CANARIES, ...NEWCOMER_CANARIES, ...MEMBERSHIP_CANARIES, ...DISSEMINATION_CANARIES, ...EPIDEMIC_CANARIES, ...OVERLAY_CANARIES,
  ...DETERMINISM_CANARIES, ...TRANSPORT_CANARIES, ...PEER_CANARIES, ...QUIET_CANARIES,
];
