import type { Effects, ProtocolEvent, Timer } from '../../lib/core/effects.ts';
import type { PeerRef } from '../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../lib/core/messages.ts';

/** One effect as plain data, so that a test can compare the complete output of a handler. */
export type Effect =
  | { readonly effect: 'send'; readonly to: PeerRef; readonly message: Message }
  | { readonly effect: 'sendUnreliable'; readonly to: PeerRef; readonly message: Message }
  | { readonly effect: 'setTimer'; readonly timer: Timer; readonly afterMs: number }
  | { readonly effect: 'deliver'; readonly message: DataMessage; readonly from: PeerRef }
  | { readonly effect: 'emit'; readonly event: ProtocolEvent }
  | { readonly effect: 'openLink'; readonly peer: PeerRef }
  | { readonly effect: 'closeLink'; readonly peer: PeerRef };

/** Records every effect in order. */
export class RecordingEffects implements Effects {
  private recorded: Effect[] = [];

  /** What came out since the last call. */
  take(): Effect[] {
    const taken = this.recorded;
    this.recorded = [];
    return taken;
  }

  send(to: PeerRef, message: Message): void {
    this.recorded.push({ effect: 'send', to, message });
  }

  sendUnreliable(to: PeerRef, message: Message): void {
    this.recorded.push({ effect: 'sendUnreliable', to, message });
  }

  setTimer(timer: Timer, afterMs: number): void {
    this.recorded.push({ effect: 'setTimer', timer, afterMs });
  }

  deliver(message: DataMessage, from: PeerRef): void {
    this.recorded.push({ effect: 'deliver', message, from });
  }

  emit(event: ProtocolEvent): void {
    this.recorded.push({ effect: 'emit', event });
  }

  openLink(peer: PeerRef): void {
    this.recorded.push({ effect: 'openLink', peer });
  }

  closeLink(peer: PeerRef): void {
    this.recorded.push({ effect: 'closeLink', peer });
  }
}

export function sent(to: PeerRef, message: Message): Effect {
  return { effect: 'send', to, message };
}

export function sentUnreliably(to: PeerRef, message: Message): Effect {
  return { effect: 'sendUnreliable', to, message };
}

export function timerSet(timer: Timer, afterMs: number): Effect {
  return { effect: 'setTimer', timer, afterMs };
}

export function delivered(message: DataMessage, from: PeerRef): Effect {
  return { effect: 'deliver', message, from };
}

export function emitted(event: ProtocolEvent): Effect {
  return { effect: 'emit', event };
}

export function linkOpened(peer: PeerRef): Effect {
  return { effect: 'openLink', peer };
}

export function linkClosed(peer: PeerRef): Effect {
  return { effect: 'closeLink', peer };
}
