import type { Invariant, StackView } from './invariant.ts';
import { CONVERGED, HANDED_ON, REACHES_ALL } from './invariants/convergence.ts';
import { CAUSAL_ORDER, DELIVERED_AS_PUBLISHED, DELIVERED_ONCE, FIFO_ORDER, LOSSES_SAID } from './invariants/delivery.ts';
import { COUNTS_TRUE } from './invariants/counters.ts';
import { AGES_TRUE, LOST_ASKED } from './invariants/cyclon.ts';
import { VIEWS_FILLED } from './invariants/fill.ts';
import { LIMITS_KEPT } from './invariants/limits.ts';
import { GOODBYES_SAID, LINKS_MATCH } from './invariants/links.ts';
import { MESH_DEGREES, MESH_MUTUAL } from './invariants/mesh.ts';
import { LINKS_FADE_TOGETHER, MEMBERS_KNOWN, MESH_DEGREE, TREES_FROM_ALL } from './invariants/narada.ts';
import { CAUGHT_UP, HISTORY_ASKED_FOR } from './invariants/newcomers.ts';
import { CLUSTERS_BOUNDED, HIERARCHY_STANDS, LEADERS_CIRCLES_END } from './invariants/nice.ts';
import { ASKED_AND_ANSWERED, ASKS_FOR_MISSING, GRAFTS_IN_TURN, SWAPS_ANSWERED } from './invariants/questions.ts';
import { RESTS } from './invariants/rest.ts';
import { RUMORS_TOLD } from './invariants/rumors.ts';
import { SWAPS_PAY } from './invariants/swaps.ts';
import { NO_CHILD_ABOVE, TREE_CIRCLES_END, TREE_DEGREE, TREE_SPANS } from './invariants/switch-tree.ts';
import { TALKS_TO_NEIGHBOURS } from './invariants/traffic.ts';
import { TREES_SETTLE, TREES_SPAN } from './invariants/trees.ts';
import { GAPS_AWAITED, HELD_OR_HANDED_ON, HISTORY_KEPT, NO_STORM, PUBLISHED_ANEW, TURNS_TAKEN } from './invariants/upkeep.ts';
import { ALL_KNOWN, CONNECTED, VIEWS_ALIVE, VIEWS_SOUND, VIEWS_SYMMETRIC } from './invariants/views.ts';
import { WAITS_END } from './invariants/waits.ts';

/** Those that look at what every kind of run shows. */
export const STACK_INVARIANTS: readonly Invariant<StackView>[] = [
  DELIVERED_ONCE, DELIVERED_AS_PUBLISHED, FIFO_ORDER, LOSSES_SAID, CAUSAL_ORDER, VIEWS_SOUND, VIEWS_SYMMETRIC, VIEWS_ALIVE, CONNECTED, CONVERGED, HANDED_ON, REACHES_ALL,
];

/** All invariants; each says itself which scenarios it is about. */
export const INVARIANTS: readonly Invariant[] = [
  ...STACK_INVARIANTS,
  GAPS_AWAITED, TURNS_TAKEN, HELD_OR_HANDED_ON, PUBLISHED_ANEW, HISTORY_KEPT, NO_STORM, ALL_KNOWN,
  CAUGHT_UP, HISTORY_ASKED_FOR, ASKS_FOR_MISSING, GRAFTS_IN_TURN, ASKED_AND_ANSWERED, RUMORS_TOLD, SWAPS_ANSWERED,
  LIMITS_KEPT, MESH_DEGREES, MESH_MUTUAL, TALKS_TO_NEIGHBOURS, TREES_SPAN, TREES_SETTLE,
  TREE_DEGREE, NO_CHILD_ABOVE, TREE_CIRCLES_END, TREE_SPANS,
  CLUSTERS_BOUNDED, LEADERS_CIRCLES_END, HIERARCHY_STANDS,
  MEMBERS_KNOWN, MESH_DEGREE, TREES_FROM_ALL, LINKS_FADE_TOGETHER,
  COUNTS_TRUE, RESTS, WAITS_END,
  VIEWS_FILLED, LINKS_MATCH, GOODBYES_SAID, AGES_TRUE, LOST_ASKED, SWAPS_PAY,
];
