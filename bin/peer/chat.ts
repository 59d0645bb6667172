import { createPeer } from '../../lib/node/create-peer.ts';
import { type Address, formatAddress, parseAddress } from '../../lib/transport/address.ts';
import type { ChatCommand } from './arguments.ts';
import type { Ending } from './ending.ts';
import { shellWord } from './escape.ts';
import { shortId } from './events.ts';
import { readStandardInput } from './input.ts';
import { Screen } from './screen.ts';
import { Session } from './session.ts';

/** `overlay-peer`: a peer whose groups are channels. Answers whether all lines were published. @throws OverlayError */
export async function chat(command: ChatCommand, ending: Ending): Promise<boolean> {
  const screen = new Screen(command);
  const peer = await createPeer(command.peer);
  const session = new Session(command, peer, screen, ending);
  try {
    void screen.tell({ event: 'listening', id: peer.id, addresses: peer.addresses, joinCommand: joinCommand(peer.addresses, command.sameOptions) });
    session.start();
    const promptOf = (group: string | undefined): string => (group === undefined ? '> ' : `[${group}] ${command.name ?? shortId(peer.id)}: `);
    const input = readStandardInput({ session, screen, ending, editable: !command.json, promptOf }, command.lingerMs !== undefined);
    await ending.within(Infinity, input);
    if (!ending.asked) await session.settle();
  } finally {
    // Whoever still writes gets a broken pipe, and the process can end.
    process.stdin.destroy();
    ending.ask();
    await session.close();
  }
  return session.unpublished === 0;
}

/** What another terminal on this machine can be given to join this peer. */
function joinCommand(addresses: readonly string[], sameOptions: readonly string[]): string {
  const [first] = addresses.map((text) => reachable(parseAddress(text, 'listen')));
  return ['overlay-peer', '--join', ...(first === undefined ? [] : [formatAddress(first)]), ...sameOptions].map(shellWord).join(' ');
}

/** An address that stands for all of a machine's is reached by the machine itself on its own. */
function reachable(address: Address): Address {
  if (address.host === '0.0.0.0') return { ...address, host: '127.0.0.1' };
  return /^[0:]+$/.test(address.host) ? { ...address, host: '::1' } : address;
}
