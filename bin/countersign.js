#!/usr/bin/env node
/**
 * The `countersign` program. Plain JavaScript that Node.js 18 can read: it only finds Node.js 24 and the program proper,
 * and hands over to them. It reads no configuration and knows no command.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from './launch.js';

launch(dirname(dirname(fileURLToPath(import.meta.url))));
