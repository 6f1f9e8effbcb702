import type { Notifier } from 'host-service/agent/ports.ts';

/** Keeps what systemd was told. */
export class Told implements Notifier {
  readonly said: string[] = [];
  readonly watchdogMs: number | undefined;
  constructor(watchdogMs?: number) {
    this.watchdogMs = watchdogMs;
  }
  private say(word: string): Promise<void> {
    this.said.push(word);
    return Promise.resolve();
  }
  ready = (status = ''): Promise<void> => this.say(`READY ${status}`);
  status = (text: string): Promise<void> => this.say(`STATUS ${text}`);
  alive = (): Promise<void> => this.say('WATCHDOG');
  extend = (ms: number): Promise<void> => this.say(`EXTEND ${ms}`);
  stopping = (status = ''): Promise<void> => this.say(`STOPPING ${status}`);
}
