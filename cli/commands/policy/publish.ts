/** `countersign policy publish`: stores a version of a policy by its digest. Nothing is in force by that. */
import { longestPublishedPolicy } from '../../../client/policy-schemas.ts';
import { CountersignError } from '../../../core/errors.ts';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand, noOptions } from '../../define-command.ts';

export const policyPublish = defineCommand({
  usage: 'policy publish <file>',
  summary: 'Store a version of a policy; prints its digest',
  examples: ['policy publish policies/organisation.yaml'],
  usesGateway: true,
  options: noOptions,
  async run({ terminal, json, config }, [file = '']) {
    const { readPolicyFile } = await import('../../policy/read-policy-files.ts');
    const { text } = await readPolicyFile(file);
    if (text.length > longestPublishedPolicy) {
      throw new CountersignError(
        'input-invalid',
        `Cannot publish "${file}": it has ${text.length} characters, expected at most ${longestPublishedPolicy}; put parts of it into other layers`,
      );
    }
    const gateway = await connectGateway(config());
    const { policyDigest } = await terminal.progress('publishing', gateway.policies.publish(text));
    if (json) terminal.json({ policyDigest });
    else terminal.result(policyDigest);
    return 0;
  },
});
