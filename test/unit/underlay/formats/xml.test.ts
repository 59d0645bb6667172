import { describe, expect, test } from 'vitest';

import { readXml, xmlRoot } from '../../../../sim/underlay/formats/xml.ts';

/** What the reader tells its handler, one word an event. */
function events(text: string): string[] {
  const seen: string[] = [];
  readXml(text, 'f.xml', {
    open: (name, attributes) => seen.push(`<${name}${[...attributes].map(([key, value]) => ` ${key}=${value}`).join('')}>`),
    close: (name, content) => seen.push(`${content}</${name}>`),
  });
  return seen;
}

describe('readXml', () => {
  test('tells elements, attributes and text, with references decoded and prefixes dropped', () => {
    const text = '\ufeff<?xml version="1.0"?>\n<!-- <a> --><!DOCTYPE a SYSTEM "a.dtd"><x:a k = "1" l=\'&quot;&#228;&#xE4;\'>t&lt;<![CDATA[<&>]]>'
      + '<b/><b k="2" />&amp;&apos;&gt;<!-- c --> end</x:a>\n<!-- after -->\n';
    expect(events(text.slice(1))).toEqual(['<a k=1 l="ää>', '<b>', '</b>', '<b k=2>', '</b>', "&'> end</a>"]);
  });

  test.each([
    ['<a>\n<b>', 2, 'the file ends inside <b> (it may be cut off)'],
    ['<a>\n<b', 2, 'the file ends inside <b> (it may be cut off)'],
    ['<a>\n<b c="d', 2, 'the attribute value has no end (the file may be cut off)'],
    ['<a>\n<!-- b', 2, 'the comment has no end (the file may be cut off)'],
    ['<a>\n<![CDATA[ b', 2, 'the CDATA section has no end (the file may be cut off)'],
    ['<?xml ', 1, 'the processing instruction has no end (the file may be cut off)'],
    ['<?xml?>', 1, 'the file ends before the first element'],
    ['<a></b>', 1, '</b> closes <a>'],
    ['<a/></a>', 1, '</a> closes nothing'],
    ['<a/>\n<b/>', 2, 'a second root element'],
    ['<a/>\ntext', 1, 'text outside the root element'],
    ['<a><![CDATA[x]]></a><![CDATA[x]]>', 1, 'text outside the root element'],
    ['<a b=c/>', 1, 'expected the value of the attribute "b" in quotes'],
    ['<a b/>', 1, "expected '=' after the attribute \"b\""],
    ['<a b="1" b="2"/>', 1, '<a> has the attribute "b" twice'],
    ['<a /b>', 1, "expected '>' at the end of <a>"],
    ['<a>\n\n< b/></a>', 3, 'expected an element name'],
    ['<a>&nbsp;</a>', 1, '"&nbsp;" is no predefined entity'],
    ['<a>&#0;</a>', 1, '"&#0;" is no predefined entity'],
    ['<a>&#x110000;</a>', 1, '"&#x110000;" is no predefined entity'],
    ['<a b="AT&T"/>', 1, '"&T" is no predefined entity'],
    ['<a><!ELEMENT b></a>', 1, 'a declaration outside a document type'],
  ])('%j is refused', (text, line, reason) => {
    const message = `f.xml, line ${line}: not valid XML: ${reason}.`;
    expect(() => events(text)).toThrow(expect.objectContaining({ code: 'INVALID_TOPOLOGY', message }));
  });

  test('an entity bomb is refused where it is declared', () => {
    const bomb = '<?xml version="1.0"?>\n<!DOCTYPE lolz [\n<!ENTITY a "ha">\n<!ENTITY b "&a;&a;&a;">\n]>\n<lolz>&b;</lolz>';
    expect(() => events(bomb)).toThrow('f.xml, line 2: not valid XML: the document type declares entities or elements of its own, which are not read.');
  });

  test('a million nested elements are refused', () => {
    const refusal = expect.objectContaining({ code: 'TOPOLOGY_TOO_LARGE', message: 'f.xml: elements nested deeper than 64 levels at line 1.' });
    expect(() => events('<a>'.repeat(1_000_000))).toThrow(refusal);
  });

  test('an element with very many attributes is refused', () => {
    const attributes = Array.from({ length: 1000 }, (_, i) => ` a${i}=""`).join('');
    expect(() => events(`<a${attributes}/>`)).toThrow('f.xml: more than 256 attributes at line 1.');
  });
});

test.each([
  ['<?xml version="1.0"?><!-- <b> --><!DOCTYPE a><x:a>', 'a'],
  ['<a/>', 'a'],
  ['<!DOCTYPE a [<!ENTITY b "c">]><a>', undefined],
  ['<!-- a', undefined],
  ['<', undefined],
  ['<grap', undefined],
  ['', undefined],
])('the root of %j is %s', (text, root) => {
  expect(xmlRoot(text)).toBe(root);
});
