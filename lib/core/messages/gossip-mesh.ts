import type { GroupRef, MessageId } from '../ids.ts';

/** Gossip mesh: send me these messages, which you have announced. Links are made and unmade by `Graft` and `Prune`, messages announced by `IHave`. */
export interface IWant {
  readonly kind: 'iWant';
  readonly group: GroupRef;
  readonly ids: readonly MessageId[];
}
