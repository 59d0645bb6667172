import { DEFAULTS, type SwitchTreeOptions } from '../../../lib/core/config.ts';
import type { SwitchTreeTimer } from '../../../lib/core/effects.ts';
import type { PeerRef } from '../../../lib/core/ids.ts';
import type { Message, TreePeer } from '../../../lib/core/messages.ts';
import type { Random } from '../../../lib/core/random.ts';
import { SwitchTree } from '../../../lib/overlay/switch-tree.ts';
import { GROUP, RecordingListener, SESSION, ScriptedRandom } from '../../support/builders.ts';
import { type Effect, RecordingEffects, emitted, linkClosed, linkOpened, sent, sentUnreliably, timerSet } from '../../support/recording-effects.ts';

export const { refreshIntervalMs, searchTimeoutMs, switchIntervalMs } = DEFAULTS.overlay['switch-tree'];

/** Always draws the first, its forks too. */
class FirstOfAll extends ScriptedRandom {
  override fork(): Random {
    return this;
  }

  override uint32(): number {
    return 7;
  }
}

export function timer(step: SwitchTreeTimer['step'], wait = 0): SwitchTreeTimer {
  return { kind: 'switchTree', group: GROUP, session: SESSION, step, wait };
}

/** Waiting for the `wait`-th answer of a search. */
export function waiting(wait: number): Effect {
  return timerSet(timer('search', wait), searchTimeoutMs);
}

export function up(peer: PeerRef): Effect[] {
  return [linkOpened(peer), emitted({ kind: 'neighbourUp', group: GROUP, peer })];
}

export function down(peer: PeerRef): Effect[] {
  return [linkClosed(peer), emitted({ kind: 'neighbourDown', group: GROUP, peer })];
}

/** Peers 10 ms of delay apart. */
export function line(...peers: readonly PeerRef[]): TreePeer[] {
  return peers.map((peer, index) => ({ peer, delayUs: 10_000 * index }));
}

/** Peers at the same delay. */
export function all(delayUs: number, ...peers: readonly PeerRef[]): TreePeer[] {
  return peers.map((peer) => ({ peer, delayUs }));
}

export function query(seq: number): Message {
  return { kind: 'treeQuery', group: GROUP, seq };
}

export function info(seq: number, path: readonly TreePeer[], children: readonly TreePeer[] = [], more: { accepting?: boolean; rank?: number } = {}): Message {
  return { kind: 'treeInfo', group: GROUP, seq, accepting: true, rank: 5, path, children, ...more };
}

export function join(seq: number, rttUs: number): Message {
  return { kind: 'treeJoin', group: GROUP, seq, rttUs };
}

export function accepted(seq: number, path: readonly TreePeer[], children: readonly TreePeer[] = [], rank = 5): Message {
  return { kind: 'treeJoinReply', group: GROUP, seq, accepted: true, rank, path, children };
}

export function refused(seq: number, rank = 5): Message {
  return { kind: 'treeJoinReply', group: GROUP, seq, accepted: false, rank, path: [], children: [] };
}

export function treePath(path: readonly TreePeer[], children: readonly TreePeer[] = [], rank = 5): Message {
  return { kind: 'treePath', group: GROUP, rank, path, children };
}

export function refresh(rttUs: number): Message {
  return { kind: 'treeRefresh', group: GROUP, rttUs };
}

export function leave(leaving = false): Message {
  return { kind: 'treeLeave', group: GROUP, leaving };
}

export function probed(to: PeerRef, seq: number): Effect {
  return sentUnreliably(to, { kind: 'rttProbe', group: GROUP, seq });
}

/** A peer that has done nothing yet, and its output. */
export function newPeer(self: PeerRef, options: Partial<SwitchTreeOptions> = {}) {
  const effects = new RecordingEffects();
  const overlay = new SwitchTree(self, GROUP, SESSION, { ...DEFAULTS.overlay['switch-tree'], ...options }, new FirstOfAll(), new RecordingListener());
  const output = (act: () => void): Effect[] => {
    act();
    return effects.take();
  };
  return {
    overlay,
    start: (...contacts: PeerRef[]) => output(() => overlay.start(contacts, 0, effects)),
    receive: (from: PeerRef, message: Message, nowMs = 0) => output(() => overlay.onMessage(from, message, nowMs, effects)),
    fire: (of: SwitchTreeTimer, nowMs = 0) => output(() => overlay.onTimer(of, nowMs, effects)),
    linkDown: (peer: PeerRef) => output(() => overlay.onLinkDown(peer, 0, effects)),
    addContact: (peer: PeerRef) => output(() => overlay.addContact(peer, 0, effects)),
    leave: () => output(() => overlay.leave(0, effects)),
    /** The answer to its probe of this number, after so long. */
    rtt: (from: PeerRef, seq: number, rttMs: number) => output(() => overlay.onMessage(from, { kind: 'rttReply', group: GROUP, seq }, rttMs, effects)),
  };
}

export type Peer = ReturnType<typeof newPeer>;

/** The root of a tree, with these children. */
export function rootWith(self: PeerRef, children: readonly PeerRef[] = [], options: Partial<SwitchTreeOptions> = {}): Peer {
  const peer = newPeer(self, options);
  peer.start();
  for (const child of children) peer.receive(child, join(1, 0));
  return peer;
}

/** A member whose parent, 20 ms away, is the last of `path`, with these siblings and children. It has used the numbers 1 and 2, and probe 0. */
export function memberOf(self: PeerRef, path: readonly TreePeer[], siblings: readonly TreePeer[], children: readonly PeerRef[] = [], options: Partial<SwitchTreeOptions> = {}): Peer {
  const peer = newPeer(self, options);
  const parent = path.at(-1);
  if (parent === undefined) throw new Error('a member has a parent');
  peer.start(parent.peer);
  peer.receive(parent.peer, info(1, [parent]));
  peer.rtt(parent.peer, 0, 20);
  peer.receive(parent.peer, accepted(2, path, siblings));
  for (const child of children) peer.receive(child, join(1, 0));
  return peer;
}

export { sent };
