import type { Member } from './peers.ts';
import { until } from './until.ts';

const LATER_MS = 60_000;

/** What each member lacks of `texts` that others published, by its place. */
export function lacking(members: readonly Member[], texts: ReadonlyMap<string, Member>): number[] {
  return members.map((member) => {
    const heard = new Set(member.texts);
    return [...texts].filter(([text, publisher]) => publisher !== member && !heard.has(text)).length;
  });
}

/** Waits until each has what the others published; nobody has anything twice. */
export async function allHear(members: readonly Member[], texts: ReadonlyMap<string, Member>): Promise<void> {
  await until(() => lacking(members, texts).every((count) => count === 0), LATER_MS, () => lacking(members, texts));
  for (const { texts: heard } of members) if (heard.length > new Set(heard).size) throw new Error(`something came twice: ${heard.join(', ')}`);
}

/** Each of the members publishes `count` messages, all at the same time, one every 10 ms or so. */
export async function publishAll(members: readonly Member[], label: string, count: number, texts: Map<string, Member>): Promise<void> {
  await Promise.all(members.map(async (member, i) => {
    for (let n = 0; n < count; n++) {
      const text = `${label} ${i}:${n}`;
      texts.set(text, member);
      await member.publish(text);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }));
}
