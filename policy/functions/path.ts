/**
 * `path(value)` and `path(value, '/srv/**')`: an absolute path with `.`, `..` and doubled slashes resolved, and whether it
 * matches. It reads text only: links on the disk are the tools' business, which open no path through one.
 */
import { type CompiledPattern, compileGlob } from '../text-patterns.ts';

const longestPath = 4096;

/** @throws {RangeError} for a path that is relative, or that two systems would read differently. */
export function normalPath(value: string): string {
  if (value.length > longestPath || !value.startsWith('/')) throw new RangeError('not an absolute path');
  // A NUL ends the path for the system, a backslash separates it on another one.
  if (value.includes('\\') || value.includes('\0')) throw new RangeError('not a path that every system reads alike');
  const parts: string[] = [];
  for (const part of value.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `/${parts.join('/')}`;
}

export function compilePath(pattern: string): CompiledPattern {
  if (!pattern.startsWith('/')) return { kind: 'invalid', reason: 'an absolute path or a pattern of one' };
  if (pattern.split('/').some((part) => part === '..' || part === '.')) {
    return { kind: 'invalid', reason: 'without "." and ".."' };
  }
  const compiled = compileGlob(pattern);
  if (compiled.kind === 'invalid') return compiled;
  return { kind: 'pattern', test: (text) => compiled.test(normalPath(text)) };
}
