/** What a policy needs to judge a shell command with, for whoever loads one: the classifier and the strict validator. */
import { classifyShell } from './index.ts';
import { validateStrictly } from './strict-validator.ts';

export const shellReaders = { readShell: classifyShell, validateCommand: validateStrictly } as const;
