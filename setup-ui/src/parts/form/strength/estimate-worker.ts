import { estimate } from './estimate.ts';
import type { Asked } from './use-estimate.ts';

// A thread of its own: reading the lists takes half a second on a slow phone, and nobody's typing waits for that.
addEventListener('message', ({ data }: MessageEvent<Asked>) => {
  postMessage({ password: data.password, estimate: estimate(data.password, data.names) });
});
