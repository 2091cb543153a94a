// Short gaps take as much of a column as they are of it, and no more.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'
import { transform } from 'esbuild'

const { code } = await transform(await readFile(new URL('src/timeline/shade.ts', import.meta.url), 'utf8'), { loader: 'ts', format: 'esm' })
const { shares } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
const near = (got, want) => assert.deepEqual([...got].map((v) => Math.round(v * 1000) / 1000), want)

test('a gap is shared out to the columns that it lies in', () => {
  near(shares([{ a: 0.25, b: 0.5 }], 2), [0.25, 0])
  near(shares([{ a: 0.5, b: 2.25 }], 3), [0.5, 1, 0.25])
  near(shares([{ a: -5, b: 0.5 }, { a: 1.5, b: 9 }], 2), [0.5, 0.5])
  near(shares([], 1.2), [0, 0])
})

test('a week of two seconds a minute is a thirtieth everywhere', () => {
  const px = 1000 / 604_800 // of a second, for 7 days on 1000 px
  const gaps = Array.from({ length: 10_080 }, (_, i) => ({ a: i * 60 * px, b: (i * 60 + 2) * px }))
  for (const v of shares(gaps, 1000)) assert.ok(v > 0.02 && v < 0.05, `${v}`)
})
