import { openPeer } from '../../../lib/node/create-peer.ts';
import { type Environment, MACHINE } from '../../../lib/node/environment.ts';
import type { Group, ReceivedMessage } from '../../../lib/node/group.ts';
import type { JoinOptions, PeerOptions } from '../../../lib/node/options.ts';
import type { Peer } from '../../../lib/node/peer.ts';
import type { TransportKind } from '../../../lib/transport/address.ts';

export const LISTEN: Readonly<Record<TransportKind, string>> = { udp: 'udp://127.0.0.1:0', tcp: 'tcp://127.0.0.1:0' };

/** The peers of one test, closed together. */
export class Peers {
  private readonly open: Peer[] = [];

  async peer(options: PeerOptions = {}, environment: Environment = MACHINE): Promise<Peer> {
    const peer = await openPeer({ listen: LISTEN.udp, preset: 'local', ...options }, environment);
    this.open.push(peer);
    return peer;
  }

  /** `count` peers that have joined a group through the first, each ready and with all it heard. */
  async group(count: number, options: PeerOptions = {}, join: JoinOptions = {}, environment: Environment = MACHINE): Promise<Member[]> {
    const members: Member[] = [];
    for (let i = 0; i < count; i++) {
      const bootstrap = members[0]?.peer.addresses[0];
      const peer = await this.peer(bootstrap === undefined ? options : { ...options, bootstrap }, environment);
      members.push(new Member(peer, peer.join('test', join)));
    }
    await Promise.all(members.map(({ group }) => group.ready()));
    return members;
  }

  async close(): Promise<void> {
    await Promise.all(this.open.splice(0).map((peer) => peer.close()));
  }
}

/** A peer in the group `test`, and what it heard there. */
export class Member {
  readonly peer: Peer;
  readonly group: Group;
  readonly messages: ReceivedMessage[] = [];

  constructor(peer: Peer, group: Group) {
    this.peer = peer;
    this.group = group;
    group.on('message', (message) => { this.messages.push(message); });
  }

  get texts(): string[] {
    return this.messages.map(({ data }) => data.toString());
  }

  publish(text: string): ReturnType<Group['publish']> {
    return this.group.publish(Buffer.from(text));
  }
}
