import { once } from 'node:events';
import { createServer, connect, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A way to a registry whose speed can be changed, and that can be closed. */
export class Throttle {
  /** Bytes a second towards the one who asks; Infinity = as fast as it goes; 0 = nobody answers. */
  rate = Number.POSITIVE_INFINITY;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.server = server;
  }

  static async open(port: number): Promise<Throttle> {
    const server = createServer();
    const throttle = new Throttle(server);
    server.on('connection', (client) => throttle.join(client, connect(port, '127.0.0.1')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return throttle;
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private join(client: Socket, registry: Socket): void {
    if (this.rate === 0) {
      client.destroy();
      registry.destroy();
      return;
    }
    for (const socket of [client, registry]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        client.destroy();
        registry.destroy();
      });
    }
    client.pipe(registry);
    registry.on('data', (bytes: Buffer) => {
      client.write(bytes);
      if (!Number.isFinite(this.rate)) return;
      registry.pause();
      setTimeout(() => registry.resume(), (1_000 * bytes.length) / this.rate);
    });
  }

  /** Cuts what is open; with rate 0 nobody gets through any more. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }
}
