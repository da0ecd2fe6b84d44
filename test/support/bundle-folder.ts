/** Where all tests of this user keep the workflow bundles that they make: one for each state of the code. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const bundleFolder = join(tmpdir(), `countersign-test-bundle-${process.getuid?.() ?? 0}`);
