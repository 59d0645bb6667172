import { expect, test } from 'vitest';
import { StaticOverlay } from '../../../lib/overlay/static-overlay.ts';
import { GROUP, SESSION, peers, roles } from '../../support/builders.ts';
import { RecordingEffects } from '../../support/recording-effects.ts';

const { left, right } = roles('left', 'right');

test('a static overlay shares the list that it is given and never changes it', () => {
  const effects = new RecordingEffects();
  const given = [left, right];
  const overlay = new StaticOverlay(given);
  overlay.start(peers(5), 0, effects);
  overlay.onMessage(left, { kind: 'disconnect', group: GROUP }, 0, effects);
  overlay.onTimer({ kind: 'shuffle', group: GROUP, session: SESSION }, 0, effects);
  overlay.onLinkDown(left, 0, effects);
  overlay.leave(0, effects);
  expect(overlay.neighbours).toBe(given);
  expect([given, effects.take()]).toEqual([[left, right], []]);
});
