import { expect, test } from 'vitest';
import { StaticOverlay } from '../../../lib/overlay/static-overlay.ts';
import { GROUP, SESSION, peers, roles } from '../../support/builders.ts';
import { RecordingEffects, linkClosed, linkOpened } from '../../support/recording-effects.ts';

const { left, right, self } = roles('left', 'right', 'self');

test('a static overlay shares the list that it is given and never changes it', () => {
  const effects = new RecordingEffects();
  const given = [left, right];
  const overlay = new StaticOverlay(self, given, { onNeighbourUp: () => {}, onNeighbourDown: () => {} });
  overlay.addContact(peers(5)[4] ?? left, 0, effects);
  overlay.start(peers(5), 0, effects);
  overlay.onMessage(left, { kind: 'disconnect', group: GROUP }, 0, effects);
  overlay.onTimer({ kind: 'shuffle', group: GROUP, session: SESSION }, 0, effects);
  overlay.onLinkDown(left, 0, effects);
  overlay.leave(0, effects);
  expect(overlay.neighbours).toBe(given);
  expect([given, effects.take()]).toEqual([[left, right], []]);
});

test('a list that begins empty grows by contacts, and loses those whose link fails until they are reached again', () => {
  const effects = new RecordingEffects();
  const told: (readonly [string, number])[] = [];
  const overlay = new StaticOverlay(self, [], {
    onNeighbourUp: (peer) => told.push(['up', peer]),
    onNeighbourDown: (peer) => told.push(['down', peer]),
  });
  overlay.addContact(left, 0, effects);
  overlay.addContact(left, 1, effects);
  overlay.addContact(right, 2, effects);
  overlay.onLinkDown(left, 3, effects);
  overlay.onLinkDown(left, 4, effects);
  overlay.addContact(left, 5, effects);
  expect(overlay.neighbours).toEqual([right, left]);
  expect(told).toEqual([['up', left], ['up', right], ['down', left], ['up', left]]);
  expect(effects.take()).toEqual([
    linkOpened(left), linkOpened(right), linkClosed(left), linkOpened(left),
  ]);
  overlay.leave(6, effects);
  expect(overlay.neighbours).toEqual([]);
});
