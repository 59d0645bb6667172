import type { Invariant, StackView } from './invariant.ts';
import { CONVERGED, HANDED_ON, REACHES_ALL } from './invariants/convergence.ts';
import { CAUSAL_ORDER, DELIVERED_AS_PUBLISHED, DELIVERED_ONCE, FIFO_ORDER, LOSSES_SAID } from './invariants/delivery.ts';
import { CONNECTED, VIEWS_SOUND, VIEWS_SYMMETRIC } from './invariants/views.ts';

/** Those that look at what every kind of run shows. */
export const STACK_INVARIANTS: readonly Invariant<StackView>[] = [
  DELIVERED_ONCE, DELIVERED_AS_PUBLISHED, FIFO_ORDER, LOSSES_SAID, CAUSAL_ORDER, VIEWS_SOUND, VIEWS_SYMMETRIC, CONNECTED, CONVERGED, HANDED_ON, REACHES_ALL,
];

/** All invariants; each says itself which scenarios it is about. */
export const INVARIANTS: readonly Invariant[] = [
  ...STACK_INVARIANTS,
];
