import { openBox, type Box } from './box.ts';

/** Opens a box for one test and ends it, whatever happens. */
export async function withBox(tell: (box: Box) => Promise<void>): Promise<void> {
  const box = await openBox();
  try {
    await tell(box);
  } finally {
    await box.close();
  }
}
