/** A Temporal dev server of a campaign's own, tuned as users get it. It ends with this process even when that is killed. */
import { join } from 'node:path';
import { type EmbeddedEngine, startEmbeddedEngine } from '../../../engine/dev-server.ts';

/**
 * @param folder of the campaign; the engine's database lies below it
 * @param again after a kill: on the ports that its clients know
 */
export async function startCampaignEngine(folder: string, again = false): Promise<EmbeddedEngine> {
  return await startEmbeddedEngine({
    stateFolder: join(folder, 'engine'),
    namespace: 'countersign-campaign',
    ...(again ? {} : { port: 0, uiPort: 0 }),
    retentionDays: 1,
    synchronous: 'normal',
  });
}
