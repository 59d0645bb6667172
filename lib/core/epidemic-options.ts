import { invalidOption } from './errors.ts';
import type { AntiEntropyOptions, ContactOptions, GroupConfig, RumorOptions } from './options.ts';

/** How an epidemic comes to its partners by default. */
export const CONTACT_DEFAULTS: ContactOptions = { partner: 'uniform', spatialExponent: 2, connectionLimit: 0, huntLimit: 0 };

/**
 * Whether the options of rumor mongering and anti-entropy go together.
 * @throws {OverlayError} `INVALID_OPTION` naming the option, what was expected and what came.
 */
export function checkEpidemics({ overlay, dissemination, repair }: GroupConfig): void {
  if (dissemination.kind === 'rumor' && dissemination.minimization === 'counters') {
    const { mode, interest, stop } = dissemination;
    if (mode !== 'push-pull' || interest !== 'feedback' || stop !== 'counter') {
      invalidOption('dissemination.rumor.minimization', 'none but with push-pull, feedback and counter, since two counters are compared', `${mode}, ${interest}, ${stop}`);
    }
  }
  for (const [part, epidemic] of [['dissemination', dissemination], ['repair', repair]] as const) {
    if (epidemic === undefined || !('partner' in epidemic)) continue;
    if (epidemic.partner === 'spatial' && overlay.kind !== 'full' && overlay.kind !== 'static') {
      invalidOption(`${part}.${epidemic.kind}.partner`, `uniform over ${overlay.kind}, since distances are measured for overlays full and static only`, epidemic.partner);
    }
    checkOfUse(`${part}.${epidemic.kind}`, epidemic);
  }
}

/** An option that would do nothing beside the others is a mistake. */
function checkOfUse(where: string, epidemic: RumorOptions | AntiEntropyOptions): void {
  const { partner, spatialExponent, connectionLimit, huntLimit } = epidemic;
  if (huntLimit > 0 && connectionLimit === 0) {
    invalidOption(`${where}.huntLimit`, '0 without a connectionLimit, since nobody is refused', huntLimit);
  }
  if (partner === 'uniform' && spatialExponent !== CONTACT_DEFAULTS.spatialExponent) {
    invalidOption(`${where}.spatialExponent`, 'none with uniform partners, since it weighs distances', spatialExponent);
  }
  if (epidemic.kind !== 'anti-entropy') return;
  const { exchange, reconcile } = epidemic;
  if (exchange === 'recent' && reconcile === 'ranges') {
    invalidOption(`${where}.exchange`, 'full with ranges, which find recent changes themselves', exchange);
  }
}
