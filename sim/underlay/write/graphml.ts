import type { RouterUnderlay } from '../underlay.ts';

/** The data that are written: attribute name, GraphML type, for what. The key's id is its name with a letter before. */
const KEYS = [
  ['name', 'string', 'graph'],
  ['label', 'string', 'node'],
  ['kind', 'string', 'node'],
  ['latitude', 'double', 'node'],
  ['longitude', 'double', 'node'],
  ['x', 'double', 'node'],
  ['y', 'double', 'node'],
  ['delayMs', 'double', 'edge'],
  ['jitterMs', 'double', 'edge'],
  ['loss', 'double', 'edge'],
  ['bandwidthMbps', 'double', 'edge'],
] as const;

type Data = Readonly<Partial<Record<(typeof KEYS)[number][0], string | number | undefined>>>;

/**
 * Writes a router graph as GraphML, which the reader turns into an equal underlay,
 * but for blanks around names, which it drops, and characters that XML cannot
 * hold, which become U+FFFD. Counts and notes are not written.
 */
export function toGraphml(underlay: RouterUnderlay): string {
  const { routers, links, hosts } = underlay;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    ...KEYS.map(([name, type, domain]) => `  <key id="${name}" for="${domain}" attr.name="${name}" attr.type="${type}"/>`),
    '  <graph edgedefault="undirected">',
    `    ${dataOf({ name: underlay.name })}`,
    ...routers.map(({ id, label, latitude, longitude, x, y }) => {
      return node(id, { label: label === id ? undefined : label, latitude, longitude, x, y });
    }),
    ...hosts.map((host) => node(host.id, { kind: 'host' })),
    ...links.map(({ a, b, delayMs, jitterMs, loss, bandwidthMbps }) => {
      return edge(routers[a]?.id, routers[b]?.id, { delayMs, jitterMs, loss, bandwidthMbps });
    }),
    ...hosts.map((host) => edge(host.id, routers[host.router]?.id, { delayMs: host.accessDelayMs })),
    '  </graph>',
    '</graphml>',
  ];
  return `${lines.join('\n')}\n`;
}

function node(id: string, data: Data): string {
  return `    <node id="${escaped(id)}">${dataOf(data)}</node>`;
}

function edge(source = '', target = '', data: Data): string {
  return `    <edge source="${escaped(source)}" target="${escaped(target)}">${dataOf(data)}</edge>`;
}

function dataOf(data: Data): string {
  return Object.entries(data)
    .map(([name, value]) => (value === undefined ? '' : `<data key="${name}">${escaped(String(value))}</data>`))
    .join('');
}

/** Characters that XML 1.0 cannot hold even as references. */
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

function escaped(text: string): string {
  return text
    .replace(UNWRITABLE, '\ufffd')
    .replace(/[&<>"\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`);
}
