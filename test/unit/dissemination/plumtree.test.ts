import { describe, expect, test } from 'vitest';
import { GROUP, data, oneHopOn } from '../../support/builders.ts';
import { delivered, emitted, sent, timerSet } from '../../support/recording-effects.ts';
import { GRAFT_RETRY_MS, GRAFT_TIMEOUT_MS, I_HAVE_DELAY_MS, announced, graft, graftTimer, iHave, iHaveTimer, left, member, other, prune, right, self, source, stranger, third } from './plumtree-bed.ts';

describe('Plumtree section 3.4, eager and lazy push', () => {
  test('a publisher pushes to every eager neighbour', () => {
    const { publish } = member({ lazy: [third] });
    const message = data(self, 0, { hops: 0 });
    expect(publish(message)).toEqual([
      2,
      [sent(left, oneHopOn(message)), sent(right, oneHopOn(message)), timerSet(iHaveTimer, I_HAVE_DELAY_MS)],
    ]);
  });

  test('a new message is delivered and pushed on to the other eager neighbours', () => {
    const { receive } = member();
    const message = data(source, 0);
    expect(receive(left, message)).toEqual([
      delivered(message, left),
      sent(right, oneHopOn(message)),
      sent(third, oneHopOn(message)),
    ]);
  });

  test('a duplicate prunes its link at both ends', () => {
    const { receive, links } = member();
    const message = data(source, 0);
    receive(left, message);
    expect(receive(right, message)).toEqual([sent(right, prune())]);
    expect(links()).toEqual({ eager: [left, third], lazy: [right] });
  });

  test('a neighbour that prunes becomes lazy', () => {
    const { receive, links } = member();
    expect(receive(right, prune())).toEqual([]);
    expect(links()).toEqual({ eager: [left, third], lazy: [right] });
  });

  test('a lazy neighbour that brings something new becomes eager', () => {
    const { receive, links } = member({ lazy: [left] });
    receive(left, data(source, 0));
    expect(links()).toEqual({ eager: [right, third, left], lazy: [] });
  });

  test('announcements are collected and sent together, to lazy neighbours only', () => {
    const { receive, publish, fire } = member({ lazy: [third] });
    const own = data(self, 0, { hops: 0 });
    expect(receive(left, data(source, 0)).at(-1)).toEqual(timerSet(iHaveTimer, I_HAVE_DELAY_MS));
    expect(publish(own)).toEqual([2, [sent(left, oneHopOn(own)), sent(right, oneHopOn(own))]]);
    expect(fire(iHaveTimer)).toEqual([sent(third, iHave(announced(source, 0, 2), announced(self, 0, 1)))]);
    expect(fire(iHaveTimer)).toEqual([]);
  });

  test('a message is not announced to the neighbour that it came from', () => {
    const { receive, fire } = member({ neighbours: [left, right, third, other], lazy: [other, third] });
    receive(left, data(source, 0));
    receive(third, data(source, 1));
    expect(fire(iHaveTimer)).toEqual([
      sent(other, iHave(announced(source, 0), announced(source, 1))),
      sent(third, iHave(announced(source, 0))),
    ]);
  });

  test('no timer is set when the only lazy neighbour is the one it came from', () => {
    const { receive } = member({ neighbours: [left, right], lazy: [left] });
    const message = data(source, 0);
    expect(receive(left, message)).toEqual([delivered(message, left), sent(right, oneHopOn(message))]);
  });

  test('a link that turns eager before the announcement still gets it', () => {
    const { receive, fire } = member({ lazy: [third] });
    receive(left, data(source, 0));
    receive(third, graft());
    expect(fire(iHaveTimer)).toEqual([sent(third, iHave(announced(source, 0)))]);
  });

  test('a link that turns lazy after the payload gets no announcement of it', () => {
    const { receive, fire } = member({ lazy: [third] });
    receive(left, data(source, 0));
    receive(right, prune());
    expect(fire(iHaveTimer)).toEqual([sent(third, iHave(announced(source, 0)))]);
  });

  test('a neighbour that went down before the announcement gets none', () => {
    const { plumtree, receive, fire } = member({ lazy: [third] });
    receive(left, data(source, 0));
    plumtree.onNeighbourDown(third);
    expect(fire(iHaveTimer)).toEqual([]);
  });

  test('announcements past the batch limit go in further messages', () => {
    const { receive, fire } = member({ lazy: [third], options: { iHaveBatchMax: 2 } });
    for (const seq of [0, 1, 2]) receive(left, data(source, seq));
    expect(fire(iHaveTimer)).toEqual([
      sent(third, iHave(announced(source, 0), announced(source, 1))),
      sent(third, iHave(announced(source, 2))),
    ]);
  });

  test('a large message is announced later by the time that it takes to cross a link', () => {
    const { receive, fire } = member({ lazy: [third], options: { iHaveBytesPerMs: 10 } });
    const large = data(source, 0, { payload: new Uint8Array(1000) });
    const small = data(source, 1);
    expect(receive(left, large)).toEqual([delivered(large, left), sent(right, oneHopOn(large)), timerSet(iHaveTimer, I_HAVE_DELAY_MS + 100)]);
    expect(receive(left, small)).toEqual([delivered(small, left), sent(right, oneHopOn(small)), timerSet(iHaveTimer, I_HAVE_DELAY_MS)]);
    expect(fire(iHaveTimer, I_HAVE_DELAY_MS)).toEqual([sent(third, iHave(announced(source, 1)))]);
    expect(fire(iHaveTimer, I_HAVE_DELAY_MS + 100)).toEqual([sent(third, iHave(announced(source, 0)))]);
  });

  test('a full queue of announcements is sent without waiting', () => {
    const { receive, fire } = member({ neighbours: [left, third], lazy: [third], options: { iHaveBatchMax: 1024 } });
    for (let seq = 0; seq < 1023; seq++) receive(left, data(source, seq));
    const all = Array.from({ length: 1024 }, (_, seq) => announced(source, seq));
    expect(receive(left, data(source, 1023))).toEqual([delivered(data(source, 1023), left), sent(third, iHave(...all))]);
    expect(fire(iHaveTimer)).toEqual([]);
  });

  test('an announcement of a stranger is dropped and counted: it could not be asked', () => {
    const { receive, plumtree } = member();
    expect([receive(stranger, iHave(announced(source, 0))), plumtree.missingDropped]).toEqual([[], 1]);
  });

  test('a message from a stranger is taken and passed on but changes no link', () => {
    const { receive, links } = member({ neighbours: [left] });
    const message = data(source, 0);
    expect(receive(stranger, message)).toEqual([delivered(message, stranger), sent(left, oneHopOn(message))]);
    receive(stranger, prune());
    receive(stranger, graft());
    expect(links()).toEqual({ eager: [left], lazy: [] });
  });

  test('a repaired message is delivered, not pushed on, and its duplicate prunes nothing', () => {
    const { receive, links } = member({ lazy: [third] });
    const repaired = data(source, 0, { repair: true });
    expect(receive(third, repaired)).toEqual([delivered(repaired, third)]);
    expect(receive(left, repaired)).toEqual([]);
    expect(links()).toEqual({ eager: [left, right], lazy: [third] });
  });

  test('the copy that the tree brings after a repair is passed on once, and prunes nothing', () => {
    const { receive, links } = member({ lazy: [third] });
    const message = data(source, 0);
    receive(right, data(source, 0, { repair: true }));
    expect(receive(left, message)).toEqual([sent(right, oneHopOn(message)), timerSet(iHaveTimer, I_HAVE_DELAY_MS)]);
    expect(links()).toEqual({ eager: [left, right], lazy: [third] });
    expect(receive(right, message)).toEqual([sent(right, prune())]);
  });

  test('a message that cannot be counted further is dropped without a prune', () => {
    const { receive } = member();
    expect(receive(left, data(source, 0, { hops: 0xffff }))).toEqual([
      emitted({ kind: 'dropped', group: GROUP, origin: source, seq: 0, reason: 'too-many-hops' }),
    ]);
  });
});

describe('Plumtree section 3.5, repair by grafting', () => {
  test('the first announcement of a message starts the wait for it, further ones do not', () => {
    const { receive } = member({ lazy: [left, right] });
    expect(receive(left, iHave(announced(source, 0), announced(source, 1)))).toEqual([
      timerSet(graftTimer(source, 0), GRAFT_TIMEOUT_MS),
      timerSet(graftTimer(source, 1), GRAFT_TIMEOUT_MS),
    ]);
    expect(receive(right, iHave(announced(source, 0)))).toEqual([]);
  });

  test('the announcement of a message that is here is ignored', () => {
    const { receive } = member();
    receive(left, data(source, 0));
    expect(receive(right, iHave(announced(source, 0)))).toEqual([]);
  });

  test('a message that does not arrive is asked of its announcers in turn, and their links become eager', () => {
    const { receive, fire, links } = member({ lazy: [left, right] });
    receive(right, iHave(announced(source, 0)));
    receive(left, iHave(announced(source, 0)));
    const timer = graftTimer(source, 0);
    expect(fire(timer)).toEqual([timerSet(timer, GRAFT_RETRY_MS), sent(right, graft({ origin: source, seq: 0 }))]);
    expect(links()).toEqual({ eager: [third, right], lazy: [left] });
    expect(fire(timer)).toEqual([timerSet(timer, GRAFT_RETRY_MS), sent(left, graft({ origin: source, seq: 0 }))]);
    expect(links()).toEqual({ eager: [third, right, left], lazy: [] });
    expect(fire(timer)).toEqual([]);
  });

  test('when all were asked in vain, a new announcement starts a new wait', () => {
    const { receive, fire } = member({ lazy: [left] });
    const timer = graftTimer(source, 0);
    receive(left, iHave(announced(source, 0)));
    fire(timer);
    fire(timer);
    expect(receive(left, iHave(announced(source, 0)))).toEqual([timerSet(timer, GRAFT_TIMEOUT_MS)]);
  });

  test('while payloads keep coming in their order, an announced one is waited for', () => {
    const { receive, fire } = member({ lazy: [left] });
    const timer = graftTimer(source, 5);
    receive(left, iHave(announced(source, 5)));
    receive(right, data(source, 0));
    expect(fire(timer)).toEqual([timerSet(timer, GRAFT_TIMEOUT_MS)]);
    receive(right, data(source, 1));
    expect(fire(timer)).toEqual([timerSet(timer, GRAFT_TIMEOUT_MS)]);
    // No more came.
    expect(fire(timer)).toEqual([timerSet(timer, GRAFT_RETRY_MS), sent(left, graft({ origin: source, seq: 5 }))]);
  });

  test('a message that a later one of its publisher has overtaken is asked for at once', () => {
    const { receive, fire } = member({ lazy: [left] });
    const timer = graftTimer(source, 5);
    receive(left, iHave(announced(source, 5)));
    receive(right, data(source, 6));
    expect(fire(timer)).toEqual([timerSet(timer, GRAFT_RETRY_MS), sent(left, graft({ origin: source, seq: 5 }))]);
  });

  test('nobody is asked for a message that arrived in time', () => {
    const { receive, fire } = member({ lazy: [left] });
    receive(left, iHave(announced(source, 0)));
    receive(right, data(source, 0));
    expect(fire(graftTimer(source, 0))).toEqual([]);
  });

  test('nobody is asked for a message that was repaired in time', () => {
    const { receive, fire } = member({ lazy: [left] });
    receive(left, iHave(announced(source, 0)));
    receive(right, data(source, 0, { repair: true }));
    expect(fire(graftTimer(source, 0))).toEqual([]);
  });

  test('a neighbour that announces a message again and again is asked for it once', () => {
    const { receive, fire } = member({ lazy: [left, right] });
    const timer = graftTimer(source, 0);
    for (let i = 0; i < 20; i++) receive(left, iHave(announced(source, 0)));
    receive(right, iHave(announced(source, 0)));
    fire(timer);
    expect(fire(timer)).toEqual([timerSet(timer, GRAFT_RETRY_MS), sent(right, graft({ origin: source, seq: 0 }))]);
  });

  test('a graft is answered from the history, one hop on, and makes its link eager', () => {
    const { receive, links } = member({ lazy: [third] });
    const message = data(source, 0);
    receive(left, message);
    expect(receive(third, graft({ origin: source, seq: 0 }))).toEqual([sent(third, oneHopOn(message))]);
    expect(links()).toEqual({ eager: [left, right, third], lazy: [] });
  });

  test('a graft is answered with a repaired message as with any other', () => {
    const { receive } = member({ lazy: [third] });
    const message = data(source, 0, { repair: true });
    receive(left, message);
    expect(receive(third, graft({ origin: source, seq: 0 }))).toEqual([sent(third, oneHopOn(message))]);
  });

  test('a graft for what the history has forgotten makes its link eager all the same', () => {
    const { receive, links } = member({ lazy: [third], historyMessagesMax: 1 });
    receive(left, data(source, 0));
    receive(left, data(source, 1));
    expect(receive(third, graft({ origin: source, seq: 0 }))).toEqual([]);
    expect(links()).toEqual({ eager: [left, right, third], lazy: [] });
  });

  test('announcements past the limit of missing messages are dropped and counted', () => {
    const { plumtree, receive } = member({ lazy: [left, right], options: { missingMax: 1 } });
    expect(receive(left, iHave(announced(source, 0), announced(source, 1)))).toEqual([timerSet(graftTimer(source, 0), GRAFT_TIMEOUT_MS)]);
    expect(plumtree.missingDropped).toBe(1);
    receive(right, data(source, 0));
    expect(receive(left, iHave(announced(source, 1)))).toEqual([timerSet(graftTimer(source, 1), GRAFT_TIMEOUT_MS)]);
  });
});

describe('Plumtree section 3.6, neighbours that come and go', () => {
  test('a new neighbour is eager at first, and counts once', () => {
    const { plumtree, links } = member({ neighbours: [left] });
    plumtree.onNeighbourUp(right);
    plumtree.onNeighbourUp(right);
    expect(links()).toEqual({ eager: [left, right], lazy: [] });
  });

  test('a neighbour that is gone gets nothing more, eager or lazy', () => {
    const { plumtree, receive, links } = member({ lazy: [third] });
    plumtree.onNeighbourDown(right);
    plumtree.onNeighbourDown(third);
    expect(links()).toEqual({ eager: [left], lazy: [] });
    const message = data(source, 0);
    expect(receive(left, message)).toEqual([delivered(message, left)]);
  });

  test('a neighbour that is gone is not asked for what it announced', () => {
    const { plumtree, receive, fire } = member({ lazy: [left, right] });
    receive(left, iHave(announced(source, 0)));
    receive(right, iHave(announced(source, 0)));
    plumtree.onNeighbourDown(left);
    const timer = graftTimer(source, 0);
    expect(fire(timer)).toEqual([timerSet(timer, GRAFT_RETRY_MS), sent(right, graft({ origin: source, seq: 0 }))]);
  });
});
