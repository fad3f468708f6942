// What a request accepts as its answer. Asked before anything is executed: a mutation must not take effect, nor a stream
// be opened, for whoever can not read the answer.

const answers = ['application/json', 'application/graphql-response+json', 'text/event-stream'] as const;
export type AnswerType = (typeof answers)[number];

/** `accept` is the header; without one, everything is accepted. */
export function isAccepted(accept: string | null | undefined, type: AnswerType): boolean {
  return rangesOf(accept).some((range) => {
    const [kind, form] = range.split('/');
    const [ownKind, ownForm] = type.split('/');
    return (kind === '*' || kind === ownKind) && (form === '*' || form === ownForm);
  });
}

/** null where there is an answer that the request accepts. */
export function unacceptable(accept: string | undefined): string | null {
  if (answers.some((type) => isAccepted(accept, type))) return null;
  return `Answers are ${answers.join(' or ')}: send a header \`accept\` that names one of them, or none.`;
}

export const subscriptionAnswer =
  'A subscription is answered as a stream: send the header `accept: text/event-stream`, or subscribe over a WebSocket.';

function rangesOf(accept: string | null | undefined): readonly string[] {
  if (accept == null || accept.trim() === '') return ['*/*'];
  return accept
    .toLowerCase()
    .replaceAll(/\s/g, '')
    .split(',')
    .map((range) => range.split(';'))
    .filter(([, ...parameters]) => !parameters.some(isRefusal))
    .map(([range = '']) => range);
}

/** The text that is sent is UTF-8. */
const isRefusal = (parameter: string): boolean =>
  /^q=0(\.0*)?$/.test(parameter) || (parameter.startsWith('charset=') && parameter !== 'charset=utf-8');
