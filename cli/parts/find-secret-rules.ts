/** The secret guard as a replay asks it: names of rules, never what they found. */
import { findSecrets } from '../../guards/index.ts';

export async function findSecretRules(text: string): Promise<string[]> {
  return (await findSecrets(text)).map(({ rule }) => rule);
}
