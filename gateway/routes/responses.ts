/** What every route may also answer, for the OpenAPI document. Problems are written by `problem.ts`. */
import { problemSchema } from '../../client/gateway-schemas.ts';

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
});

export const problemResponses = {
  '4xx': problem('The request cannot be answered as it is'),
  '5xx': problem('Not now, or a fault'),
};
