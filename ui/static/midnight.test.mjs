// Midnights in every zone that the browser's engine knows.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'
import { transform } from 'esbuild'

const { code } = await transform(await readFile(new URL('src/midnight.ts', import.meta.url), 'utf8'), { loader: 'ts', format: 'esm' })
const { midnight, nextMidnight } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
const hour = 3_600_000

test('days of all zones follow each other', () => {
  const lengths = new Set()
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    process.env.TZ = zone
    let day = midnight(new Date(2027, 11, 1, 12).getTime())
    for (let n = 0; n < 400; n++) {
      const next = nextMidnight(day)
      const date = (ms) => new Date(ms).getDate()
      const want = date(new Date(2027, 11, 1 + n, 12))
      const good = date(day) === want && date(next - 1) === want && date(day - 1) !== want
      const same = [day, (day + next) / 2, next - 1].every((ms) => midnight(ms) === day && nextMidnight(ms) === next)
      if (!good || !same) assert.fail(`${zone}: a day from ${new Date(day)} to ${new Date(next)}`)
      lengths.add((next - day) / hour)
      day = next
    }
  }
  for (const length of [23, 23.5, 24, 24.5, 25]) assert.ok(lengths.has(length), `no day has ${length} hours`)
})
