import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { OverlayErrorCode } from '../../../lib/core/errors.ts';
import { readTopologyFile } from '../../../sim/input/read-topology.ts';
import { fixture, fixturePath } from '../../fixtures/read.ts';

describe('readTopologyFile', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'overlaycast-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Writes a file; gives its path. */
  function written(name: string, bytes: string | Buffer): string {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  function expectRefusal(path: string, code: OverlayErrorCode, message: string): void {
    expect(() => readTopologyFile(path)).toThrow(expect.objectContaining({ name: 'OverlayError', code, message: `${path}${message}` }));
  }

  test('reads a plain file and the same gzipped, under any name', () => {
    const plain = readTopologyFile(fixturePath('zoo.graphml'));
    expect(plain).toMatchObject({ name: 'zoo', routers: { length: 3 } });
    expect(readTopologyFile(written('zoo.graphml.gz', gzipSync(fixture('zoo.graphml'))))).toEqual(plain);
    expect(readTopologyFile(written('zoo', gzipSync(fixture('zoo.graphml'))))).toEqual(plain);
  });

  test('what cannot be read is said in a sentence', () => {
    expectRefusal(join(folder, 'nothing'), 'UNREADABLE_FILE', ': no such file.');
    expectRefusal(join(fixturePath('own.json'), 'below'), 'UNREADABLE_FILE', ': no such file.');
    expectRefusal(folder, 'UNREADABLE_FILE', ': is a directory, expected a file.');
    expectRefusal(written('empty.json', ''), 'INVALID_TOPOLOGY', ': the file is empty.');
  });

  test.skipIf(process.getuid?.() === 0)('a file without permission is said to be one', () => {
    const path = written('secret', '{}');
    chmodSync(path, 0);
    expectRefusal(path, 'UNREADABLE_FILE', ': permission denied.');
  });

  test('200 MB of zeros are refused by their size, 10 MB by their content', () => {
    const path = written('zeros', '');
    truncateSync(path, 200_000_000);
    expectRefusal(path, 'TOPOLOGY_TOO_LARGE', ': 200000000 bytes, at most 67108864 are read.');
    truncateSync(path, 10_000_000);
    expectRefusal(path, 'UNKNOWN_FORMAT', ': unknown format: it holds NUL bytes and is no text.');
  });

  test('gzip that unpacks to too much, is damaged or cut off is refused', () => {
    const bomb = written('bomb.gz', gzipSync(Buffer.alloc(65 * 1024 * 1024)));
    expectRefusal(bomb, 'TOPOLOGY_TOO_LARGE', ': more than 67108864 bytes after gunzip, at most 67108864 are read.');
    const packed = gzipSync(fixture('own.json'));
    expectRefusal(written('cut.gz', packed.subarray(0, 60)), 'INVALID_TOPOLOGY', ': the gzip data are damaged or cut off (unexpected end of file).');
    packed[30] = (packed[30] ?? 0) ^ 0xff;
    expect(() => readTopologyFile(written('damaged.gz', packed))).toThrow('the gzip data are damaged or cut off');
  });

  test('UTF-16 and other encodings are refused', () => {
    expectRefusal(written('utf16.json', Buffer.from(`\ufeff${fixture('own.json')}`, 'utf16le')), 'UNKNOWN_FORMAT', ': the text is in UTF-16; save it as UTF-8.');
    expectRefusal(written('big5.xml', '<?xml version="1.0" encoding="Big5"?><graphml/>'), 'UNKNOWN_FORMAT', ': the encoding "big5" is not read; save it as UTF-8.');
  });

  test('bytes that are no UTF-8 are read as ISO-8859-1, which is said', () => {
    const gml = 'graph [ node [ id 1 label "K\u00f6ln" ] ]';
    const read = readTopologyFile(written('latin1.gml', Buffer.from(gml, 'latin1')));
    expect(read).toMatchObject({ routers: [{ label: 'K\u00f6ln' }], notes: ['The text is not valid UTF-8; it was read as ISO-8859-1.'] });
    expect(readTopologyFile(written('utf8.gml', `\ufeff${gml}`))).toMatchObject({ routers: [{ label: 'K\u00f6ln' }], notes: [] });
  });

  test('`-` is standard input, a pipe or a file', () => {
    const script = written('read.ts', `import { readTopologyFile } from ${JSON.stringify(new URL('../../../sim/input/read-topology.ts', import.meta.url).href)};
const underlay = readTopologyFile('-');
console.log(underlay.name, underlay.kind);`);
    const run = (shell: string): string => execFileSync('sh', ['-c', shell], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const node = `"${process.execPath}" --import tsx "${script}"`;
    expect(run(`cat "${fixturePath('matrix.csv')}" | ${node}`)).toBe('stdin matrix\n');
    expect(run(`${node} < "${fixturePath('zoo.gml')}"`)).toBe('stdin routers\n');
  });
});
