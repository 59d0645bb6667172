import { groupConfig } from '../../../lib/core/config.ts';
import { XBot } from '../../../lib/overlay/x-bot.ts';
import type { Invariant } from '../invariant.ts';

/** Links are exchanged for cheaper ones. */
export const SWAPS_PAY: Invariant = {
  name: 'swaps-pay',
  claim: 'who asks for a swap of X-BOT has measured that the link it would get is cheaper than the one it would give, and no place is kept free without a swap',
  kind: 'safety',
  watch(run, report) {
    if (groupConfig(run.scenario.group).overlay.kind !== 'x-bot') return undefined;
    const xBotOf = (peer: number): XBot | undefined => {
      const overlay = run.group(peer)?.overlay;
      return overlay instanceof XBot ? overlay : undefined;
    };
    return {
      onTransmission(peer, _to, { kind }, attempt) {
        const xBot = attempt === 1 && (kind === 'optimization' || kind === 'switch') ? xBotOf(peer) : undefined;
        const exchange = xBot?.exchange;
        if (xBot === undefined || exchange === undefined) return;
        const { given, wanted } = exchange;
        const [costNow, cost] = [xBot.rttMs(given) ?? 0, xBot.rttMs(wanted) ?? Infinity];
        if (cost >= costNow) report(`would give its link to peer ${given}, which costs ${costNow}, for one to peer ${wanted}, which costs ${cost}`, peer);
      },
      onTick() {
        for (const peer of run.up) if (xBotOf(peer)?.holdsInVain === true) report('keeps a place free, and no swap is under way', peer);
      },
    };
  },
};
