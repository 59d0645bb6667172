import type { Published } from './invariant.ts';
import type { PublishPlan } from './scenario.ts';

/** What a run has published, in that order. */
export class PublishedMessages {
  private readonly messages = new Map<string, Published>();

  get size(): number {
    return this.messages.size;
  }

  get all(): readonly Published[] {
    return [...this.messages.values()];
  }

  add({ origin, epoch, seq, payload }: Published): Published {
    const published = { payload, origin, epoch, seq };
    this.messages.set(`${origin} ${epoch} ${seq}`, published);
    return published;
  }

  find(origin: number, epoch: number, seq: number): Published | undefined {
    return this.messages.get(`${origin} ${epoch} ${seq}`);
  }
}

/** The payload of the plan with that index: different from others, as far as it has room. */
export function payloadOf({ bytes }: PublishPlan, index: number): Uint8Array {
  const payload = new Uint8Array(bytes);
  for (let i = 0; i < Math.min(4, bytes); i++) payload[i] = index >>> (8 * i);
  return payload;
}
