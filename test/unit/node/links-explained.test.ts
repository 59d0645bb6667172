import { describe, expect, test } from 'vitest';
import { groupRef, peerRef } from '../../../lib/core/ids.ts';
import type { Message } from '../../../lib/core/messages.ts';
import { LinksExplained } from '../../../lib/node/links-explained.ts';

const [GROUP, PEER, OTHER] = [groupRef(1), peerRef(2), peerRef(3)];
const PRUNE: Message = { kind: 'prune', group: GROUP, tree: undefined } as unknown as Message;
const GRAFT: Message = { kind: 'graft', group: GROUP, tree: undefined } as unknown as Message;

function up(): LinksExplained {
  const explained = new LinksExplained();
  explained.onEvent({ kind: 'neighbourUp', group: GROUP, peer: PEER }, 100);
  return explained;
}

describe('why a neighbour plays its part', () => {
  test('it is new', () => {
    expect([up().of(PEER), up().of(OTHER)]).toEqual([{ upMs: 100, role: { reason: 'new neighbour', sinceMs: 100 } }, undefined]);
  });

  test.each([
    [PRUNE, true, 'pruned here'], [PRUNE, false, 'pruned there'], [GRAFT, true, 'grafted here'], [GRAFT, false, 'grafted there'],
  ] as const)('%o, sent %s: %s', (message, sent, reason) => {
    const explained = up();
    explained.onControl(PEER, message, sent, 200);
    expect(explained.of(PEER)).toEqual({ upMs: 100, role: { reason, sinceMs: 200 } });
  });

  test('a pruned link that brings a message first is eager by it, any other stays what it is', () => {
    const explained = up();
    explained.onFirstCopy(PEER, 150);
    expect(explained.of(PEER)?.role.reason).toBe('new neighbour');
    explained.onControl(PEER, PRUNE, false, 200);
    explained.onFirstCopy(PEER, 300);
    explained.onFirstCopy(PEER, 400);
    expect(explained.of(PEER)?.role).toEqual({ reason: 'brought a message first', sinceMs: 300 });
  });

  test('other messages, and those of strangers, change nothing', () => {
    const explained = up();
    explained.onControl(PEER, { kind: 'disconnect', group: GROUP }, true, 200);
    explained.onControl(OTHER, PRUNE, true, 200);
    explained.onFirstCopy(OTHER, 200);
    expect([explained.of(PEER), explained.of(OTHER)]).toEqual([{ upMs: 100, role: { reason: 'new neighbour', sinceMs: 100 } }, undefined]);
  });

  test('who is no neighbour any more is forgotten, and starts anew', () => {
    const explained = up();
    explained.onControl(PEER, PRUNE, true, 200);
    explained.onEvent({ kind: 'neighbourDown', group: GROUP, peer: PEER }, 300);
    expect(explained.of(PEER)).toBeUndefined();
    explained.onEvent({ kind: 'neighbourUp', group: GROUP, peer: PEER }, 400);
    expect(explained.of(PEER)).toEqual({ upMs: 400, role: { reason: 'new neighbour', sinceMs: 400 } });
  });
});
