import { describe, expect, test } from 'vitest';

import { KNOWN_FORMATS, parseTopology } from '../../../../sim/underlay/formats/detect.ts';
import { fixture, TOPOLOGY_FIXTURES } from '../../../fixtures/read.ts';
import { expectRefusal } from './expect-refusal.ts';

/** An underlay with what depends on the name of the file taken out. */
function nameless(text: string, file: string): unknown {
  return { ...parseTopology(text, file), name: '' };
}

describe('parseTopology', () => {
  test.each(TOPOLOGY_FIXTURES.filter((name) => !name.includes('weights')))('%s is told by its content under any name', (name) => {
    const text = fixture(name);
    for (const other of ['stdin', 'map.json', 'map.csv', 'map.graphml', 'map.gml', 'map.cch.gz']) {
      expect(nameless(text, other)).toEqual(nameless(text, name));
    }
  });

  test.each(TOPOLOGY_FIXTURES)('%s reads the same with a byte order mark and with other line ends', (name) => {
    const text = fixture(name).replaceAll('\r\n', '\n');
    expect(parseTopology(`\ufeff${text}`, name)).toEqual(parseTopology(text, name));
    expect(parseTopology(text.replaceAll('\n', '\r\n'), name)).toEqual(parseTopology(text, name));
    expect(parseTopology(text.replaceAll('\n', '\r'), name)).toEqual(parseTopology(text, name));
  });

  test('an empty file is refused', () => {
    expectRefusal('', 'f.json', 'f.json: the file is empty.');
    expectRefusal(' \r\n\t', 'f.json', 'f.json: the file is empty.');
  });

  test.each([
    ['Hello, world', 'note.txt', 'its content is of no format that is read'],
    ['# Title\n\nSome words, and more.\n', 'README.md', 'its content is of no format that is read'],
    ['\0'.repeat(1000), 'zeros', 'it holds NUL bytes and is no text'],
    ['<html><body/></html>', 'x.graphml', 'it is XML, but its root is neither <graphml> nor an SNDlib <network>'],
  ])('%j is of no known format', (text, file, reason) => {
    expectRefusal(text, file, `${file}: unknown format: ${reason}; known are ${KNOWN_FORMATS}.`, 'UNKNOWN_FORMAT');
  });

  test('where the content does not tell, the name does', () => {
    expectRefusal('hello', 'f.json', 'f.json, line 1, column 1: not valid JSON: expected a value, got "h".');
    expectRefusal('hello', 'f.csv', 'f.csv, line 1: expected 1 entries, as many as there are rows, got 0.');
    expectRefusal('hello world', 'f.gml', 'f.gml: there is no list `graph [ .. ]`.');
    expectRefusal('hello', 'f.intra.gz', 'f.intra.gz, line 1: expected two nodes and a number, got 1 word.');
  });

  test('XML that ends before its root is said to be cut off', () => {
    expectRefusal('<?xml version="1.0"?>\n<!-- a', 'f.graphml', 'f.graphml, line 2: not valid XML: the comment has no end (the file may be cut off).');
  });

  test('a text above the limit is refused', () => {
    expectRefusal(' '.repeat(64 * 1024 * 1024 + 1), 'f', 'f: 67108865 characters, at most 67108864 are read.', 'TOPOLOGY_TOO_LARGE');
  });
});
