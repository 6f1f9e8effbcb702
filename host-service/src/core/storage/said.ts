import { z } from 'zod';
import { refuse, type ProblemBody } from '../../contract/problem.ts';

const Said = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), ms: z.number().min(0) }),
  z.object({
    ok: z.literal(false),
    at: z.string().max(64),
    code: z.string().max(32),
    message: z.string().max(256),
  }),
]);

/** What a trial write ended with: how long it took in milliseconds, or what is in its way. */
export type Said = { readonly ms: number } | { readonly problem: ProblemBody };

const DENIED = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Reads the last words of the trial write; undefined when they are not its own. */
export function readSaid(text: string, writer: { readonly uid: number }): Said | undefined {
  const said = Said.safeParse(jsonOf(text.slice(0, 4096))).data;
  if (said === undefined) return undefined;
  if (said.ok) return { ms: said.ms };
  const code = DENIED.has(said.code) ? 'storage.write-denied' : 'storage.write-failed';
  const detail = `user ${writer.uid}, ${said.at}: ${said.message}`;
  return { problem: refuse(code, detail, 'storage').problem };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
