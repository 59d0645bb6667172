import { describe, expect, test } from 'vitest';
import { LinkTable } from '../../../sim/world/link-table.ts';

const [failed, watcher, other] = [0, 1, 2];

function table(peers = 3): { links: LinkTable; incarnations: Uint32Array } {
  const incarnations = new Uint32Array(peers).fill(1);
  return { links: new LinkTable(incarnations), incarnations };
}

describe('the table of links', () => {
  test('answers the owners of the links to a peer in the order in which they were opened, once', () => {
    const { links } = table();
    links.open(other, failed);
    links.open(watcher, failed);
    links.open(failed, watcher);
    expect([links.closeAll(failed), links.closeAll(failed), links.closeAll(watcher)]).toEqual([[other, watcher], [], [failed]]);
  });

  test('forgets a link that its owner closes, wherever it stands in the list', () => {
    for (const closed of [1, 2, 3]) {
      const { links } = table(4);
      for (const owner of [1, 2, 3]) links.open(owner, failed);
      links.close(closed, failed);
      links.close(closed, failed);
      expect(links.closeAll(failed)).toEqual([1, 2, 3].filter((owner) => owner !== closed));
    }
  });

  test('a link ends with the incarnation of its owner', () => {
    const { links, incarnations } = table();
    links.open(watcher, failed);
    links.open(other, failed);
    incarnations[watcher] = 2;
    links.close(watcher, failed);
    expect(links.closeAll(failed)).toEqual([other]);
  });

  test('uses the places of ended links again, however often their owner starts anew', () => {
    const { links, incarnations } = table();
    const places = (): number => (links as unknown as { readonly used: number }).used;
    links.open(other, failed);
    for (let life = 2; life < 100; life++) {
      incarnations[watcher] = life;
      links.open(watcher, failed);
    }
    expect(places()).toBe(2);
    expect(links.closeAll(failed)).toEqual([other, watcher]);
  });

  test('grows past its first places', () => {
    const { links } = table(500);
    for (let owner = 1; owner < 500; owner++) for (const peer of [failed, (owner + 1) % 500]) links.open(owner, peer);
    expect(links.closeAll(failed).length).toBe(500);
    for (let owner = 1; owner < 499; owner++) expect(links.closeAll(owner + 1)).toEqual([owner]);
  });
});
