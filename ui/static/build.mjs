// Bundles src/ into dist/, from where the program embeds it.
import { rm, readdir } from 'node:fs/promises'
import { build } from 'esbuild'

for (const name of await readdir('dist')) if (name !== '.keep') await rm(`dist/${name}`)
await build({
  entryPoints: ['shell', 'home', 'wall', 'camera', 'add', 'schedule', 'motion', 'notifications', 'replies', 'worker', 'street', 'share', 'shared'].map((name) => `src/${name}.ts`),
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: ['chrome111', 'firefox115', 'safari16.4'],
  chunkNames: 'chunk-[hash]',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
})
