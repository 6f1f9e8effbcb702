/** Answers at every address of its network as a control plane would: ready, unless a file says otherwise. */
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';

const SILENT = '/run/pods-are-silent';

createServer((request, response) => {
  response.writeHead(existsSync(SILENT) ? 503 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ path: request.url }));
}).listen(8080, '0.0.0.0');
