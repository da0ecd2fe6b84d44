/** A layer as it is typed: `organisation`, `team:sre`, `pack:ops`. */
import { z } from 'zod';
import { type LayerKind, layerNameSchema } from '../../core/contracts/ids.ts';

export const layerNameOption = z.string().transform((text, context): { layer: LayerKind; name: string } => {
  if (text === 'organisation') return { layer: 'organisation', name: 'organisation' };
  const [, layer, name = ''] = /^(team|pack):(.+)$/u.exec(text) ?? [];
  if ((layer === 'team' || layer === 'pack') && layerNameSchema.safeParse(name).success) return { layer, name };
  context.addIssue({ code: 'custom', message: 'expected organisation, team:<name> or pack:<agent>' });
  return z.NEVER;
});

export function typedLayer({ layer, name }: { layer: LayerKind; name: string }): string {
  return layer === 'organisation' ? layer : `${layer}:${name}`;
}
