import type { DraftChange, SetupQuestion, SetupView } from 'host-service/contract/api/setup.ts';

/** A place of the draft: the answer to a question, a secret answer, the channel, the release that is named exactly. */
export type Slot = `answer:${string}` | `secret:${string}` | 'channel' | 'pin';

/** Answers that are written and never read back (S2). A file may be a licence. */
const SECRET: ReadonlySet<SetupQuestion['type']> = new Set(['password', 'secret', 'file']);

export const isSecret = ({ type }: Pick<SetupQuestion, 'type'>): boolean => SECRET.has(type);

export const slotOf = (question: Pick<SetupQuestion, 'type' | 'name'>): Slot =>
  `${isSecret(question) ? 'secret' : 'answer'}:${question.name}`;

/** What the server says stands in a slot; nothing for secrets. */
export function serverValueOf(view: SetupView, slot: Slot): string {
  if (slot === 'channel') return view.channels.find(({ isChosen }) => isChosen)?.name ?? '';
  if (slot === 'pin') return view.pin ?? '';
  if (slot.startsWith('secret:')) return '';
  const name = slot.slice('answer:'.length);
  const answer = view.questions.find((question) => question.name === name)?.answer;
  return answer === undefined ? '' : String(answer);
}

/** The change of the draft that writes some slots; null takes away. Blanks around an answer come from copying, those of a secret may belong to it. */
export function changeOf(pending: ReadonlyMap<Slot, string | null>): DraftChange {
  const answers: Record<string, string | null> = {};
  const secrets: Record<string, string | null> = {};
  const change: { channel?: string; pin?: string | null } = {};
  for (const [slot, value] of pending) {
    const text = value?.trim() ?? '';
    if (slot === 'channel') change.channel = text;
    else if (slot === 'pin') change.pin = text === '' ? null : text;
    else if (slot.startsWith('secret:')) secrets[slot.slice('secret:'.length)] = value;
    else answers[slot.slice('answer:'.length)] = text === '' ? null : text;
  }
  return {
    ...change,
    ...(Object.keys(answers).length > 0 ? { answers } : {}),
    ...(Object.keys(secrets).length > 0 ? { secrets } : {}),
  };
}
