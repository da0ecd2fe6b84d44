/** Text that a command takes as code: each language has its reader; what is not static is not read, and asks. */
import { type Context, tell } from './context.ts';
import type { Language } from './knowledge.ts';
import { classifyAwk } from './languages/awk.ts';
import { classifyCode } from './languages/code.ts';
import { classifyMongo } from './languages/mongo.ts';
import { classifySed } from './languages/sed.ts';
import { classifySql } from './languages/sql.ts';
import type { Arg } from './words.ts';

export function classifyLanguage(language: Language, code: Arg, name: string, context: Context): void {
  if (language === 'code') return classifyCode(code.text, name, context);
  if (!code.known || code.loose) {
    return tell(context, {
      name,
      class: 'opaque',
      rule: `${language}-not-static`,
      reason: 'the code that it takes is known only when it runs',
    });
  }
  switch (language) {
    case 'shell':
      return context.runScript(code.text, context);
    case 'awk':
      return classifyAwk(code.text, name, context);
    case 'sed':
      return classifySed(code.text, name, context);
    case 'sql':
      return classifySql(code.text, name, context);
    case 'mongo':
      return classifyMongo(code.text, name, context);
  }
}
