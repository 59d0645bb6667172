import { OverlayError } from '../../lib/core/errors.ts';
import { peerConfig } from '../../lib/node/options.ts';
import type { Limits } from '../scenario/limits.ts';
import type { Scenario } from '../scenario/scenario.ts';

/**
 * Limits that peers refuse together are refused before anything runs.
 * @throws {OverlayError} `INVALID_SCENARIO` naming the field.
 */
export function checkLimits({ limits, peers }: Scenario): void {
  check({ ...limits }, 'limits');
  peers.forEach((plan, index) => { if (plan.limits !== undefined) check({ ...limits, ...plan.limits }, `peers[${index}].limits`); });
}

function check(limits: Limits, path: string): void {
  const { bufferMessagesMax: _messages, bufferBytesMax: _bytes, readEveryMs: _everyMs, reassemblyBytesMax: _reassembly, ...ofPeer } = limits;
  try {
    peerConfig(ofPeer);
  } catch (error) {
    if (error instanceof OverlayError) throw new OverlayError('INVALID_SCENARIO', `${path}: ${error.message}`);
    throw error;
  }
}
