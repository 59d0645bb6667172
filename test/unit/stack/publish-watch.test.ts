import { describe, expect, test } from 'vitest';
import { OverlayError } from '../../../lib/core/errors.ts';
import { type MessageId, peerRef } from '../../../lib/core/ids.ts';
import { PublishWatch } from '../../../sim/stack/publish-watch.ts';

function messageId(seq: number): MessageId {
  return { origin: peerRef(0), epoch: 1, seq };
}

/** What a watch says of calls that are begun in this order, and answered in the order of their times. */
async function told(calls: readonly { readonly tookMs: number; readonly outcome: number | Error }[]): Promise<readonly string[]> {
  const wrong: string[] = [];
  const watch = new PublishWatch(100, (what) => wrong.push(what));
  const ends: (() => void)[] = [];
  let nowMs = 0;
  const all = calls.map(({ outcome }) => watch.watch(() => new Promise((resolve, reject) => ends.push(() => (typeof outcome === 'number' ? resolve(messageId(outcome)) : reject(outcome)))), () => nowMs));
  for (const [index, { tookMs }] of [...calls.entries()].sort(([, x], [, y]) => x.tookMs - y.tookMs)) {
    nowMs = tookMs;
    ends[index]?.();
    await all[index];
  }
  return wrong;
}

describe('a watched publish', () => {
  test('that goes out in turn, or has no room in time, is right', async () => {
    expect(await told([{ tookMs: 10, outcome: 0 }, { tookMs: 20, outcome: 1 }, { tookMs: 100, outcome: new OverlayError('QUEUE_FULL', 'no room') }, { tookMs: 100, outcome: 2 }])).toEqual([]);
  });

  test('that overtakes an earlier call is wrong', async () => {
    expect(await told([{ tookMs: 20, outcome: 1 }, { tookMs: 10, outcome: 0 }])).toEqual(['published message 1 by call 0, and message 0 by call 1']);
  });

  test('that waits for too long, or fails for no good reason, is wrong', async () => {
    expect(await told([{ tookMs: 200, outcome: 0 }])).toEqual(['waited 200 ms to publish, 100 are allowed']);
    expect(await told([{ tookMs: 1, outcome: new OverlayError('MESSAGE_TOO_LARGE', 'too large') }])).toEqual(['could not publish: too large']);
  });

  test('lets what is no answer of the library through', async () => {
    await expect(told([{ tookMs: 1, outcome: new TypeError('oops') }])).rejects.toThrow('oops');
  });
});
