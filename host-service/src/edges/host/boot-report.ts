import { z } from 'zod';
import { ProblemBody, safeLine } from '../../contract/problem.ts';
import { readSmall } from './small-text.ts';

const MAX_BYTES = 64 * 1024;
const BootReport = z.looseObject({
  schema: z.literal('appliance.boot/v1'),
  boot: z.string(),
  stages: z.array(z.looseObject({ stage: z.string(), level: z.string(), detail: z.string() })).max(64),
});
const Told = z.looseObject({ code: ProblemBody.shape.code, time: z.iso.datetime().optional() });

/**
 * What the boot script told of this run of the machine that was not well. It tells only: nothing is decided by it, and a report of an earlier boot says
 * nothing about now.
 */
export function readBootProblems(path: string, bootId: string): readonly ProblemBody[] {
  const text = readSmall(path, MAX_BYTES);
  if (text === undefined) return [];
  let plain: unknown;
  try {
    plain = JSON.parse(text);
  } catch {
    return [];
  }
  const report = BootReport.safeParse(plain).data;
  if (report === undefined || report.boot !== bootId) return [];
  return report.stages.flatMap((line) => {
    const told = Told.safeParse(line);
    if (!told.success || (line.level !== 'warn' && line.level !== 'error')) return [];
    const { code, time } = told.data;
    const subject = safeLine(`boot: ${line.stage}`).slice(0, 256);
    return { code, detail: safeLine(line.detail), subject, ...(time === undefined ? {} : { since: time }) };
  });
}
