import { describe, expect, test } from 'vitest';
import { History } from '../../../lib/core/history.ts';
import { lackedOf } from '../../../lib/core/lacked-messages.ts';
import { data, roles } from '../../support/builders.ts';

const { ann, ben } = roles('ann', 'ben');
const ROOM = 2;

function history(...seqs: number[]): History {
  const kept = new History({ historyMessagesMax: 100, historyBytesMax: 10_000 });
  for (const seq of seqs) kept.add(data(ann, seq));
  return kept;
}

describe('what the owner of a digest lacks', () => {
  const query = { messagesMax: 3, mark: Infinity, rangesMax: ROOM, start: 0 };
  const numbers = (kept: History, beyond: readonly number[], more: Partial<typeof query> = {}): readonly [number[], number] => {
    const [lacked, unsure] = lackedOf(kept, [{ origin: ann, epoch: 1, next: 1, beyond }], { ...query, ...more });
    return [lacked.map(({ seq }) => seq), unsure];
  };

  test('is sent oldest first, as much as is allowed', () => {
    expect(numbers(history(0, 1, 2, 3, 4, 5), [2, 2])).toEqual([[1, 3, 4], 0]);
  });

  test('past all that an entry had room for may be there, and comes last, round from where it was left', () => {
    const kept = history(6, 7, 8, 9, 3);
    expect(numbers(kept, [2, 2, 4, 5])).toEqual([[3, 6, 7], 2]);
    expect(numbers(kept, [2, 2, 4, 5], { start: 2 })).toEqual([[3, 8, 9], 2]);
    expect(numbers(kept, [2, 2, 4, 5], { start: 3 })).toEqual([[3, 9, 6], 2]);
  });

  test('of a publisher that the digest does not name is everything', () => {
    const kept = history(0);
    kept.add(data(ben, 0));
    expect(lackedOf(kept, [{ origin: ann, epoch: 1, next: 1, beyond: [] }], query)).toEqual([[data(ben, 0)], 0]);
  });
});
