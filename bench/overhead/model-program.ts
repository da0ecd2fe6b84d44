/**
 * The scripted model: an HTTP server that speaks chat completions, in a process of its own, so that its work is in nobody's
 * figures. The run's first message says the script: `bench <tool> <turns> <name>`; the turn is counted from the request.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { z } from 'zod';

const requestSchema = z.looseObject({
  messages: z.array(z.looseObject({ role: z.string(), content: z.string().nullish() })),
  tools: z.array(z.unknown()).optional(),
});

const said = 'I look at the next service, because the one before was in order. '.repeat(3);
const note = 'As asked in the incident of this morning. '.repeat(3);

const server = createServer((request, response) => {
  void textOf(request).then((text) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answerTo(text)));
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address) process.send?.(`http://127.0.0.1:${address.port}/v1`);
});
// It ends with the bench, also when that is killed.
process.on('disconnect', () => process.exit(0));

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function answerTo(text: string): unknown {
  const request = requestSchema.parse(JSON.parse(text));
  const script = /bench (\w+) (\d+) (\S+)/.exec(request.messages.map(({ content }) => content ?? '').join('\n'));
  const [, tool = '', turns = '0', name = ''] = script ?? [];
  // Only a request for a summary offers no tools.
  if (!request.tools?.length) return completion({ content: `Notes on bench ${tool} ${turns} ${name}` }, text);
  const turn = turnsIn(request.messages);
  if (turn >= Number(turns)) return completion({ content: 'All is done.' }, text);
  const call = {
    id: `call-${turn + 1}`,
    type: 'function',
    function: { name: tool, arguments: JSON.stringify({ name: `${name}-${turn + 1}`, note }) },
  };
  return completion({ content: said, tool_calls: [call] }, text);
}

/** By the id of the newest call: after a compaction there are fewer messages than turns. */
function turnsIn(messages: readonly Record<string, unknown>[]): number {
  const ids = messages.map((message) => /^call-(\d+)/.exec(String(message['tool_call_id'] ?? ''))?.[1]);
  return Math.max(0, ...ids.map((id) => Number(id ?? 0)));
}

function completion(message: object, request: string): unknown {
  const usage = { prompt_tokens: Math.ceil(request.length / 4), completion_tokens: 60 };
  const choice = { index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' };
  return { id: 'bench', object: 'chat.completion', created: 0, model: 'scripted', choices: [choice], usage };
}
