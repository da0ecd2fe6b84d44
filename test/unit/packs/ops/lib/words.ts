/** A helper of the pack: part of its code, so part of its digest. */
export const words = 'Reads the log';
