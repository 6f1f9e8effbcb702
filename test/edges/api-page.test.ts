import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { openPage, type Page } from 'host-service/edges/page/page.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiWorld, BASE } from '../flow/api-world.ts';
import { serveWorld } from './listener/served.ts';

const SCRIPT = 'console.log("the page");\n'.repeat(50);
const INDEX = '<!doctype html><script nonce="__NONCE__"></script><style nonce="__NONCE__"></style>';
let folder = '';
const put = async (path: string, content: string | Uint8Array): Promise<void> => {
  await mkdir(dirname(join(folder, 'dist', path)), { recursive: true });
  await writeFile(join(folder, 'dist', path), content);
};
async function build(): Promise<void> {
  await put('index.html', INDEX);
  await put('build.json', JSON.stringify({ build: 'ui-7' }));
  await put('assets/app-DkJ2a9_x.js', SCRIPT);
  await put('assets/app-DkJ2a9_x.js.br', brotliCompressSync(SCRIPT));
  await put('assets/app-DkJ2a9_x.js.gz', gzipSync(SCRIPT));
  await put('assets/app-B1b2C3d4.css', 'a{}');
  await put('logo.svg', '<svg/>');
  await put('.vite/manifest.json', '{}');
  await put('archive.gz', gzipSync('not a form of anything'));
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appliance-page-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});
const open = (): Promise<Page> => openPage(join(folder, 'dist'));
async function get(page: Page, path: string, headers: Record<string, string> = {}): Promise<Response> {
  const api = new ApiWorld().api({ page });
  return api.request(BASE + path, { headers });
}

describe('the page', () => {
  it('is the same document for each of its screens, with a nonce of its own in each answer', async () => {
    await build();
    const page = await open();
    for (const path of ['/', '/index.html', '/releases', '/operations/20261121-install', '/claim?x=1']) {
      const response = await get(page, path);
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-store');
      const nonce = /'nonce-([^']+)'/.exec(response.headers.get('content-security-policy') ?? '')?.[1];
      expect(await response.text()).toBe(INDEX.replaceAll('__NONCE__', nonce ?? 'none'));
    }
  });

  it('has files that never change and are kept for ever, and others that are asked for again', async () => {
    await build();
    const page = await open();
    const script = await get(page, '/assets/app-DkJ2a9_x.js');
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(await script.text()).toBe(SCRIPT);
    expect((await get(page, '/assets/app-B1b2C3d4.css')).headers.get('content-type')).toContain('text/css');
    const logo = await get(page, '/logo.svg');
    expect([logo.headers.get('content-type'), logo.headers.get('cache-control')]).toEqual([
      'image/svg+xml',
      'no-cache',
    ]);
    const again = await get(page, '/logo.svg', {
      'if-none-match': `W/"x", ${logo.headers.get('etag') ?? ''}`,
    });
    expect([again.status, await again.text()]).toEqual([304, '']);
    await put('logo.svg', '<svg>new</svg>');
    const changed = await get(page, '/logo.svg', { 'if-none-match': logo.headers.get('etag') ?? '' });
    expect(await changed.text()).toBe('<svg>new</svg>');
  });

  it('comes in the smallest form that the browser takes', async () => {
    await build();
    const page = await open();
    const coded = async (accept: string): Promise<readonly [string | null, string | null, Uint8Array]> => {
      const { headers, ...response } = await get(page, '/assets/app-DkJ2a9_x.js', {
        'accept-encoding': accept,
      }).then(async (one) => ({ headers: one.headers, bytes: new Uint8Array(await one.arrayBuffer()) }));
      return [headers.get('content-encoding'), headers.get('vary'), response.bytes];
    };
    const [br, vary, small] = await coded('gzip, deflate, br;q=0.9');
    expect([br, vary, brotliDecompressSync(small).toString()]).toEqual(['br', 'accept-encoding', SCRIPT]);
    const [gzip, , middle] = await coded('br;q=0, gzip');
    expect([gzip, gunzipSync(middle).toString()]).toEqual(['gzip', SCRIPT]);
    expect((await coded('identity'))[0]).toBeNull();
    expect((await get(page, '/assets/app-DkJ2a9_x.js.br')).status).toBe(404);
    expect((await get(page, '/archive.gz')).status).toBe(200);
  });

  it('leads nowhere else on the disk', async () => {
    await build();
    await writeFile(join(folder, 'secret.txt'), 'top secret');
    await symlink(join(folder, 'secret.txt'), join(folder, 'dist', 'link.txt'));
    await symlink(folder, join(folder, 'dist', 'up'));
    const page = await open();
    const away = ['/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/link.txt', '/up/secret.txt'];
    for (const path of [...away, '/.vite/manifest.json', '/assets/../../secret.txt', '/secret.txt%00.js']) {
      for (const asked of [path, decodeURIComponent(path)]) {
        const answer = await page.answer({
          path: asked,
          nonce: 'n',
          acceptEncoding: '',
          ifNoneMatch: undefined,
        });
        expect([asked, String(answer?.body ?? '')]).toEqual([asked, '']);
      }
    }
  });

  it('says which build it is, and what to do where there is none', async () => {
    const page = await open();
    const none = await get(page, '/releases');
    expect([page.build(), none.status, none.headers.get('content-type')]).toEqual([
      ...['none', 200, 'text/plain; charset=utf-8'],
    ]);
    expect(await none.text()).toContain('npm run build');
    expect((await get(page, '/assets/app.js')).status).toBe(404);
    await build();
    expect((await open()).build()).toBe('ui-7');
    await put('build.json', '{"build":""}');
    expect((await open()).build()).toBe('unknown');
  });

  it('is there over real HTTP, HEAD included', async () => {
    await build();
    const served = await serveWorld({ page: await open() });
    try {
      const script = await fetch(`${served.url}/assets/app-DkJ2a9_x.js`);
      expect([script.headers.get('content-encoding'), await script.text()]).toEqual(['gzip', SCRIPT]);
      const head = await fetch(`${served.url}/`, { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
      expect((await fetch(`${served.url}/`)).headers.get('x-appliance-build')).toBe('test-build');
    } finally {
      await served.close();
    }
  });
});
