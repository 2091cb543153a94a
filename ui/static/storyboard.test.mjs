// A hand over the strip: how much is fetched for the pictures under it.
import assert from 'node:assert/strict'
import test from 'node:test'
import { build } from 'esbuild'

const { outputFiles } = await build({ entryPoints: [new URL('src/player/storyboard.ts', import.meta.url).pathname], bundle: true, write: false, format: 'esm' })
globalThis.document = { documentElement: { dataset: { locale: 'en' } } }
const { Films } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`)
const [minute, hour, noon] = [60_000, 3_600_000, Date.UTC(2026, 5, 1, 12)]

/** Drags a hand over some time of a strip that shows span, and returns what was asked for. */
function drag(from, to, span, films, asked) {
  for (let at = from; at <= to; at += span / 1000) void films.of(at, span)
  return asked.splice(0)
}

function watched() {
  const asked = []
  return [new Films(async (query) => (asked.push(query), new Blob())), asked]
}

test('half an hour is 135 pictures at most, wherever it begins', () => {
  for (let begin = noon; begin < noon + hour; begin += 3 * minute) {
    const [films, asked] = watched()
    const most = drag(begin, begin + hour / 2, hour, films, asked).reduce((n, { most }) => n + Number(most), 0)
    assert.ok(most <= 135, `${most} pictures from ${new Date(begin).toISOString()} on`)
  }
})

test('pictures are as close as a strip can use, or as key frames are', () => {
  for (const span of [minute, hour, 24 * hour, 31 * 24 * hour]) {
    const [films, asked] = watched()
    for (const { from, to, most } of drag(noon, noon + span, span, films, asked)) {
      assert.ok((Date.parse(to) - Date.parse(from)) / most <= Math.max(span / 125, 700), `${from} to ${to}: ${most} pictures of a strip of ${span / minute} min`)
    }
  }
})

test('a hand that comes back finds what was fetched', () => {
  const [films, asked] = watched()
  drag(noon, noon + hour, hour, films, asked)
  assert.deepEqual(drag(noon, noon + hour, hour, films, asked), [])
})
