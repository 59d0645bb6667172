import { expect, test } from 'vitest';
import { BUILTIN_NAMES, builtinUnderlay } from '../../../sim/underlay/builtin.ts';

test('the built-in maps are the same every time, connected and without surprises', () => {
  for (const name of BUILTIN_NAMES) {
    const underlay = builtinUnderlay(name);
    expect(builtinUnderlay(name)).toEqual(underlay);
    expect(underlay.name).toBe(`builtin:${name}`);
    expect(underlay.counts).toEqual({ mergedLinks: 0, selfLoops: 0, defaultDelays: 0, coordinateDelays: 0, excludedRouters: 0 });
  }
});

test('textbook is the figure, with its hosts declared', () => {
  const { routers, links, hosts } = builtinUnderlay('textbook');
  expect(routers.map(({ id }) => id)).toEqual(['Ra', 'Rb', 'Rc', 'Rd', 'Re']);
  expect(links.map(({ a, b, delayMs }) => [a, b, delayMs])).toEqual([[0, 1, 7], [0, 4, 30], [2, 4, 20], [2, 3, 5], [1, 3, 40]]);
  expect(hosts).toEqual(['A', 'B', 'C', 'D', 'E'].map((id, router) => ({ id, router, accessDelayMs: 1 })));
});

test('transit-stub has about a hundred routers', () => {
  expect(builtinUnderlay('transit-stub').routers.length).toBe(104);
});

test('another name is refused with a suggestion', () => {
  expect(() => builtinUnderlay('textbok')).toThrow('builtin: expected one of textbook, transit-stub, got "textbok". Did you mean textbook?');
});
