/** The embedded engine as benches use it: as the product tunes it, on free ports, in a folder that the bench removes. */
import { join } from 'node:path';
import { startEmbeddedEngine } from '../../engine/dev-server.ts';

export async function startBenchEngine(folder: string): ReturnType<typeof startEmbeddedEngine> {
  return await startEmbeddedEngine({
    stateFolder: join(folder, 'engine'),
    namespace: 'countersign-bench',
    port: 0,
    uiPort: 0,
    retentionDays: 1,
    synchronous: 'normal',
  });
}
