import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type GroupOptions, groupConfig } from '../../lib/core/config.ts';
import { settleMsOf } from '../../sim/scenario/bounds.ts';
import { INVARIANTS } from '../../sim/scenario/invariants.ts';
import { ROOT } from './run-cli.ts';

const PROTOCOL = readFileSync(join(ROOT, 'PROTOCOL.md'), 'utf8');

function rowsAfter(name: string): string[] {
  const [table = ''] = (PROTOCOL.split(`<!-- table: ${name} -->\n`)[1] ?? '').split('\n\n');
  return table.trimEnd().split('\n').slice(2);
}

test('PROTOCOL.md lists every invariant, as it says itself', () => {
  expect(rowsAfter('invariants')).toEqual(INVARIANTS.map(({ name, kind, claim }) => `| \`${name}\` | ${kind} | ${claim.replaceAll('|', '\\|')} |`));
});

test('PROTOCOL.md has the times that are promised', () => {
  const groups: readonly (readonly GroupOptions[])[] = [
    [{ overlay: 'hyparview' }, { overlay: 'x-bot' }], [{ overlay: 'hyparview', dissemination: 'gossip-mesh' }], [{ overlay: 'cyclon', dissemination: 'rumor' }],
    [{ overlay: 'full', dissemination: 'rumor' }, { overlay: 'static', dissemination: 'flooding' }],
    ...(['switch-tree', 'nice', 'narada'] as const).map((overlay) => [{ overlay, dissemination: 'tree' } as const]),
  ];
  const seconds = rowsAfter('promises').map((row) => Number(/(\d+) s\b/.exec(row)?.[1]));
  expect(groups.map((all) => [...new Set(all.map((options) => settleMsOf(groupConfig(options)) / 1000))])).toEqual(seconds.map((each) => [each]));
  expect(rowsAfter('promises')[3]).toContain(`${settleMsOf(groupConfig({ overlay: 'full', dissemination: { kind: 'rumor', partner: 'spatial' } })) / 1000} s with partners by distance`);
});
