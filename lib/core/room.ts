/**
 * An empty array that has room for `capacity` items, at most 16, and no more. One that
 * grows from nothing makes room for 17, which is most of what a small view weighs.
 */
export function arrayWithRoom<T>(capacity: number): T[] {
  const array = new Array<T | undefined>(Math.min(capacity, ROOM_MAX)).fill(undefined);
  // Taking items off the end keeps the room; setting the length would give it back.
  while (array.length > 0) array.pop();
  return array as T[];
}

/** Above this, engines give room back while items are taken off. */
const ROOM_MAX = 16;
