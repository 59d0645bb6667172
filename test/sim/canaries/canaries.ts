import type { Canary } from './canary.ts';
import { DETERMINISM_CANARIES } from './determinism.ts';
import { DISSEMINATION_CANARIES } from './dissemination.ts';
import { LOG_CANARIES } from './log.ts';
import { MEMBERSHIP_CANARIES } from './membership.ts';
import { PEER_CANARIES } from './peers.ts';
import { TRANSPORT_CANARIES } from './transport.ts';

/** Every canary. */
export const CANARIES: readonly Canary[] = [...LOG_CANARIES, ...MEMBERSHIP_CANARIES, ...DISSEMINATION_CANARIES, ...DETERMINISM_CANARIES, ...TRANSPORT_CANARIES, ...PEER_CANARIES];
