// Bundles src/ into dist/, from where the program embeds it.
import { rm, readdir } from 'node:fs/promises'
import { build } from 'esbuild'

for (const name of await readdir('dist')) if (name !== '.keep') await rm(`dist/${name}`)
const common = {
  bundle: true,
  target: ['chrome111', 'firefox115', 'safari16.4'],
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
}
await build({
  ...common,
  entryPoints: ['shell', 'home', 'wall', 'camera', 'add', 'schedule', 'motion', 'notifications', 'replies', 'worker', 'street', 'share', 'shared', 'events', 'together'].map((name) => `src/${name}.ts`),
  outdir: 'dist',
  splitting: true,
  format: 'esm',
  chunkNames: 'chunk-[hash]',
})
// It waits for no other.
await build({ ...common, entryPoints: ['src/ahead.ts'], outdir: 'dist', format: 'iife' })
