import { isIP } from 'node:net';
import { type Address, formatAddress } from '../transport/address.ts';

/** Hosts tried of those that one name stands for. */
const HOSTS_MAX = 8;

/** Addresses that mean all of this machine's, and the one that leads to it. */
const UNSPECIFIED: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * Addresses that are being dialled, of which it is not known who answers there. A name
 * may stand for several hosts, which are tried one after the other.
 */
export class AddressDials {
  private readonly resolve: (host: string) => Promise<readonly string[]>;
  /** By address, the hosts still to be tried. */
  private readonly open = new Map<string, string[]>();

  /** @param resolve the IP addresses of a name, the best one first. */
  constructor(resolve: (host: string) => Promise<readonly string[]>) {
    this.resolve = resolve;
  }

  /** Calls `ready` once it is known which hosts there are to try, at once for an IP address; not at all where the address is being dialled already. */
  begin(asked: Address, ready: () => void): void {
    const key = formatAddress(asked);
    if (this.open.has(key)) return;
    this.open.set(key, isIP(asked.host) === 0 ? [] : [asked.host]);
    if (isIP(asked.host) !== 0) return ready();
    void this.resolve(asked.host).then((hosts) => this.open.set(key, hosts.slice(0, HOSTS_MAX)), () => {}).then(ready);
  }

  /** The address to try next, with an IP address for a host; `undefined` when none is left. */
  next(asked: Address): Address | undefined {
    const host = this.open.get(formatAddress(asked))?.shift();
    return host === undefined ? undefined : { ...asked, host: UNSPECIFIED[host] ?? host };
  }

  /** It is known what became of it. */
  end(asked: Address): void {
    this.open.delete(formatAddress(asked));
  }
}
