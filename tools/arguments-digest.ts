/**
 * The digest of a call's canonical arguments by Node's own SHA-256, which takes a tenth of the time that it takes in JS. It is
 * `digestText('arguments', …)` to the letter: workflow code, which has no `node:crypto`, comes to the same one.
 */
import { createHash } from 'node:crypto';
import { digestTag } from '../core/digest.ts';

const tag = digestTag('arguments');

export function argumentsDigest(canonical: string): string {
  return `sha256:${createHash('sha256').update(tag).update(canonical, 'utf8').digest('hex')}`;
}
