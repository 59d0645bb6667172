import { groupConfig } from '../../../lib/core/config.ts';
import type { Invariant } from '../invariant.ts';

/** Beyond its time a wait may last until the next look, in ms; a clock may have been wrong when it began. */
const LATE_MS = 1000;

/** Nobody waits for ever for an answer that was lost, and does nothing else meanwhile. */
export const WAITS_END: Invariant = {
  name: 'waits-end',
  claim: `in the end no peer has waited for an answer of another for ${LATE_MS} ms longer than it should`,
  kind: 'liveness',
  watch(run, report) {
    const { overlay } = groupConfig(run.scenario.group);
    if (overlay.kind !== 'hyparview' && overlay.kind !== 'x-bot' && overlay.kind !== 'cyclon') return undefined;
    let since = new Map<string, number>();
    let wrong: readonly (readonly [what: string, peer: number])[] = [];
    return {
      onTick() {
        const { nowMs } = run;
        const open = run.up.flatMap((peer) => (run.group(peer)?.overlay.questions ?? []).map((question) => ({ peer, key: `${peer} ${run.incarnation(peer)} ${question.name}`, ...question })));
        since = new Map(open.map(({ key }) => [key, since.get(key) ?? nowMs]));
        wrong = open.flatMap(({ peer, key, name, timeoutMs }) => (nowMs - (since.get(key) ?? nowMs) > timeoutMs + LATE_MS ? [[`waits to hear of: ${name}`, peer] as const] : []));
      },
      atEnd() {
        for (const [what, peer] of wrong) report(what, peer);
      },
    };
  },
};
