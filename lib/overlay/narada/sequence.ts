/** What a member has that no sequence number was heard of; nobody issues it. */
export const UNHEARD = 0;

/**
 * Whether one number of a sequence comes after another one. Numbers begin anew after
 * 2^32 - 1, and of two the later one is that which is less than 2^31 steps ahead: so no
 * number is the last one, which a liar could claim for somebody else.
 */
export function isLater(number: number, than: number): boolean {
  return ((number - than) | 0) > 0;
}

/** The number after `number` of those that members issue. */
export function nextNumber(number: number): number {
  return (number + 1) % 2 ** 32 || UNHEARD + 1;
}
