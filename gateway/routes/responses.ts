/** What every route may also answer, for the OpenAPI document. Problems are written by `problem.ts`. */
import { problemSchema } from '../../client/gateway-schemas.ts';

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
});

export const problemResponses = {
  '4xx': problem('The request cannot be answered as it is; after a 429, come back after the seconds in `retry-after`'),
  '5xx': problem('A fault, or not now: then `retry-after` says in how many seconds'),
};
