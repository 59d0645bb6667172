import { describe, expect, test } from 'vitest';
import { Slab } from '../../../sim/world/slab.ts';

describe('a slab', () => {
  test('keeps an item until its last reference is released, and then uses the slot again', () => {
    const slab = new Slab<string>();
    const shared = slab.add('shared');
    const other = slab.add('other');
    slab.retain(shared);
    expect([slab.release(shared), slab.get(shared)]).toEqual([false, 'shared']);
    expect([slab.release(shared), slab.get(shared)]).toEqual([true, undefined]);
    expect([slab.add('next'), slab.get(shared), slab.get(other)]).toEqual([shared, 'next', 'other']);
    expect(slab.release(shared)).toBe(true);
  });

  test('grows past its first thousand slots without losing counts', () => {
    const slab = new Slab<number>();
    const handles = Array.from({ length: 5000 }, (_, item) => slab.add(item));
    for (const handle of handles) slab.retain(handle);
    expect(handles.map((handle) => slab.release(handle)).every((last) => !last)).toBe(true);
    expect(handles.map((handle) => slab.get(handle))).toEqual(handles.map((_, item) => item));
    expect(handles.map((handle) => slab.release(handle)).every((last) => last)).toBe(true);
    expect(new Set(handles.map(() => slab.add(1)))).toEqual(new Set(handles));
  });
});
