import { DROPPED } from '../send-queue.ts';

/** What a TCP transport counts, from its beginning. */
export function zeroCounters() {
  return {
    /** Sockets that others opened to here. */
    accepted: 0,
    /** Links that the owner asked for. */
    dialled: 0,
    /** Links that came up. */
    up: 0,
    /** Accepted sockets thrown out before their hello, to make room for younger ones. */
    refusedPending: 0,
    /** Links refused since there were `linksMax`. */
    refusedLinks: 0,
    /** Connections closed since no hello came in time. */
    handshakeTimeouts: 0,
    /** Connections closed since what came was no speech of this protocol, or too long. */
    protocolErrors: 0,
    /** Links closed since nothing was heard, or nothing taken, for too long. */
    idleTimeouts: 0,
    /** Connections that the system could not accept, for want of descriptors as a rule. */
    acceptErrors: 0,
    /** Frames of the owner handed to the system, the last of them perhaps in part. */
    framesSent: 0,
    /** Frames handed to the owner. */
    framesReceived: 0,
    /** Bytes handed to the system: frames, their headers, hellos and keep-alives. */
    bytesSent: 0,
    bytesReceived: 0,
    /** Frames of the owner that a link refused, since its queue was full or it was closed. */
    [DROPPED.control]: 0,
    [DROPPED.data]: 0,
    [DROPPED.announcement]: 0,
  };
}

export type TcpCounters = ReturnType<typeof zeroCounters>;
