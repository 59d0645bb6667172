import { DROPPED } from '../send-queue.ts';

/** What a UDP transport counts, from its beginning. */
export function zeroCounters() {
  return {
    /** Links that the owner asked for. */
    dialled: 0,
    /** Links that others opened, up or not. */
    accepted: 0,
    /** Links that came up. */
    up: 0,
    /** Links refused since there were `linksMax`. */
    refusedLinks: 0,
    /** Accepted links thrown out before they were up, to make room for younger ones. */
    refusedPending: 0,
    /** Links that did not come up in time. */
    handshakeTimeouts: 0,
    /** Links closed since nothing was heard, or nothing acknowledged, for too long. */
    idleTimeouts: 0,
    /** Links closed since the other end broke the rules. */
    protocolErrors: 0,
    /** Datagrams handed to the system, and those that arrived, whatever was in them; and their bytes. */
    packetsSent: 0, bytesSent: 0, packetsReceived: 0, bytesReceived: 0,
    /** Packets that were not acknowledged and count as lost. */
    packetsLost: 0,
    /** Times that nothing was acknowledged for a retransmission timeout. */
    retransmissionTimeouts: 0,
    /** Cookies sent to strangers. */
    cookiesSent: 0,
    /** INIT packets whose cookie was not valid, or no longer. */
    wrongCookies: 0,
    /** INIT packets that came while nobody listened. */
    notListening: 0,
    /** Dropped packets: of another version or type, or not as PROTOCOL.md has it. */
    malformedPackets: 0,
    /** Dropped packets: for a link that there is none of. */
    unknownLinks: 0,
    /** Dropped packets: for a link, but not from its address. */
    wrongAddresses: 0,
    /** Dropped packets: seen before, or too old to tell. */
    duplicatePackets: 0,
    /** Dropped packets: of a kind that the link has no use for in its state. */
    unexpectedPackets: 0,
    /** Frames of the owner sent to their end for the first time, and frames handed to the owner. */
    framesSent: 0, framesReceived: 0,
    /** Fragments of frames that had been delivered, or given up. */
    duplicateFragments: 0,
    /** Reliable fragments for which there was no room; they will come again. */
    deferredFragments: 0,
    /** Unreliable frames given up before they were whole. */
    abandonedFrames: 0,
    /** Unreliable frames that waited too long to be sent. */
    staleFrames: 0,
    /** Errors of sending, and of sockets. */
    sendErrors: 0, socketErrors: 0,
    /** Frames of the owner that a link refused, since its queue was full or it was closed. */
    [DROPPED.control]: 0,
    [DROPPED.data]: 0,
    [DROPPED.announcement]: 0,
  };
}

export type UdpCounters = ReturnType<typeof zeroCounters>;
