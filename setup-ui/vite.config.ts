import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { contract } from './contract-plugin.ts';
import { words } from './words-plugin.ts';

/** `--mode demo` keeps the gallery of states in the build; the product's own build leaves it out (E-28). */
export const page = defineConfig(({ mode }) => ({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [words(), contract(), react(), tailwindcss()],
  define: { __GALLERY__: JSON.stringify(mode !== 'production') },
  // The server puts the nonce of each answer in the place of this word; the policy allows nothing else (E-22).
  html: { cspNonce: '__NONCE__' },
  build: {
    manifest: true,
    target: ['chrome111', 'firefox114', 'safari16.4'],
    cssTarget: ['chrome111', 'firefox114', 'safari16.4'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // Few files for the first screen: small ones compress badly. What changes seldom stays in the browser's cache.
        codeSplitting: {
          groups: [
            {
              name: 'vendor',
              test: /node_modules\/(react|react-dom|scheduler|@tanstack|wouter|@lingui|use-sync-external-store|regexparam)\//,
            },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': process.env['APPLIANCE_URL'] ?? 'http://127.0.0.1:8080' } },
}));
export default page;
