import { describe, expect, test } from 'vitest';
import { helpText } from '../../../bin/help.ts';
import { FAULT_KINDS } from '../../../sim/scenario/draw.ts';
import { parseScenario } from '../../../sim/scenario/parse.ts';

const DOCUMENT = { format: 'overlaycast-scenario/1', underlay: { kind: 'equal', hosts: 2, delayMs: 1 }, peers: { count: 2 } };

/** The fields that a scenario with an unknown one is told of. */
function fieldsAccepted(more: object): string[] {
  try {
    parseScenario({ ...DOCUMENT, ...more });
  } catch (error) {
    return (/expected fields (.*), got/.exec(String(error))?.[1] ?? '').split(', ').sort();
  }
  throw new Error('expected a refusal');
}

/** The words of the first column of a line that begins with this one, brackets taken off. */
function fieldsShown(line: RegExp): string[] {
  return (line.exec(helpText('run', 200))?.[1] ?? '').replaceAll(/[[\]]/g, '').split(' ').filter((word) => word !== '');
}

describe('the help of run', () => {
  test.each(FAULT_KINDS)('has the fields of %s', (kind) => {
    const shown = fieldsShown(new RegExp(`^ {2}${kind} (.*?) {2}`, 'm'));
    expect(['atMs', 'kind', ...shown].sort()).toEqual(fieldsAccepted({ faults: [{ kind, x: 1 }] }));
  });

  test('has the fields of a scenario', () => {
    const names = fieldsAccepted({ x: 1 });
    expect(names).toContain('underlay');
    for (const name of names) expect(helpText('run', 100)).toMatch(new RegExp(`^ {2}(?:\\[name\\] )?\\[?${name}\\]? `, 'm'));
  });

  test.each(['run', 'swarm'] as const)('%s fits 100 columns', (topic) => {
    expect(helpText(topic, 100).split('\n').filter((line) => line.length > 100)).toEqual([]);
  });
});
