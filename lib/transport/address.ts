import { isIPv6 } from 'node:net';
import { invalidOption } from '../core/errors.ts';

export type TransportKind = 'udp' | 'tcp';

/** Where a peer can be reached: `udp://127.0.0.1:7000`, `tcp://[::1]:7000`, `udp://seed.example:7000`. */
export interface Address {
  readonly transport: TransportKind;
  /** An IP address without brackets, or a name to be resolved. */
  readonly host: string;
  /** 0 to 65535; 0 only to listen on, when the system picks one. */
  readonly port: number;
}

/**
 * Reads an address as people write it.
 * @throws {OverlayError} `INVALID_OPTION` naming `option`.
 */
export function parseAddress(text: string, option: string): Address {
  const match = /^(udp|tcp):\/\/(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([^\s:/[\]]+)):([0-9]{1,5})\/?$/.exec(text);
  const [, transport, ipv6, name, port] = match ?? [];
  const host = ipv6 ?? name;
  if (host === undefined || Number(port) > 65_535 || (ipv6 !== undefined && !isIPv6(ipv6))) {
    invalidOption(option, 'an address such as udp://127.0.0.1:7000 or tcp://[::1]:7000', text);
  }
  return { transport: transport === 'udp' ? 'udp' : 'tcp', host, port: Number(port) };
}

/** The address as people write it: the inverse of `parseAddress`. */
export function formatAddress({ transport, host, port }: Address): string {
  return `${transport}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
