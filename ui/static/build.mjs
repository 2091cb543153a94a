// Bundles src/ into dist/, from where the program embeds it.
import { rm, readdir } from 'node:fs/promises'
import { build } from 'esbuild'

for (const name of await readdir('dist')) if (name !== '.keep') await rm(`dist/${name}`)
const common = {
  bundle: true,
  target: ['chrome111', 'firefox115', 'safari16.4'],
  minify: true,
  define: { __HLS_WORKER_BUNDLE__: 'undefined' }, // it has none
  mangleProps: /^_[a-z]/, // what hls.js calls its own: half a kilobyte
  legalComments: 'none',
  logLevel: 'warning',
}
await build({
  ...common,
  entryPoints: ['shell', 'home', 'wall', 'camera', 'add', 'schedule', 'motion', 'notifications', 'replies', 'worker', 'street', 'share', 'shared', 'events', 'together'].map((name) => `src/${name}.ts`),
  outdir: 'dist',
  splitting: true,
  format: 'esm',
  chunkNames: 'c-[hash]',
})
// It waits for no other.
await build({ ...common, entryPoints: ['src/ahead.ts'], outdir: 'dist', format: 'iife' })
