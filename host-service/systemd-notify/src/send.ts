import { execFile } from 'node:child_process';

/** systemd's own program, where every distribution with a merged /usr has it; never looked up in PATH. */
export const SYSTEMD_NOTIFY = '/usr/bin/systemd-notify';

/** It waits up to 5 s for its barrier; what takes longer has hung. */
const GIVE_UP_MS = 10_000;

/**
 * Sends one datagram and resolves once systemd has handled it: without `--no-block` the program sends a barrier and waits. That
 * matters where the sender may not name its parent in the credentials (no CAP_SYS_ADMIN, so: any user but root, and root in a
 * sandbox): the message then comes from the program's own PID, and systemd must find its unit while it lives, or drops it.
 *
 * @throws Error with the program's first line when it fails, is missing or hangs
 */
export function sendWords(program: string, socket: string, words: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = {
      // Nothing else of ours is its business, and a watchdog is not inherited.
      env: { NOTIFY_SOCKET: socket },
      cwd: '/',
      timeout: GIVE_UP_MS,
      killSignal: 'SIGKILL' as const,
      maxBuffer: 64 * 1024,
    };
    execFile(program, [...words], options, (error, _stdout, stderr) => {
      if (error === null) return resolve();
      const said = stderr.split('\n', 1)[0] ?? '';
      const why = error.killed === true ? `no answer within ${GIVE_UP_MS} ms` : said || error.message;
      reject(new Error(`${program}: ${why}`.slice(0, 400)));
    });
  });
}
