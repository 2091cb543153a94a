// The grips of a filmstrip never cross, and a clip fills most of it.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'
import { transform } from 'esbuild'

const { code } = await transform(await readFile(new URL('src/clip/window.ts', import.meta.url), 'utf8'), { loader: 'ts', format: 'esm' })
const { around, trim, widen } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
const now = Date.parse('2026-01-31T12:00:00.5Z')
const minute = { from: now - 600_500, to: now - 540_500 }

test('a minute fills most of the strip, and the future is not shown', () => {
  const view = around(minute, now)
  assert.ok((minute.to - minute.from) / (view.to - view.from) > 0.75)
  assert.equal(around({ from: now - 1000, to: now }, now).to, now)
  assert.equal(around({ from: now, to: now + 5000 }, now).to, now + 5000, 'what was chosen is shown')
})

test('ends never cross', () => {
  assert.deepEqual(trim(minute, 'from', now, now), { from: minute.to - 1000, to: minute.to })
  assert.deepEqual(trim(minute, 'to', 0, now), { from: minute.from, to: minute.from + 1000 })
})

test('a clip ends where footage does, and is no longer than the API gives', () => {
  assert.equal(trim(minute, 'to', now + 60_000, now).to, now - 4500)
  assert.equal(trim(minute, 'from', 0, now).from, minute.to - 31 * 86_400_000)
  const ahead = { from: now, to: now + 60_000 }
  assert.equal(trim(ahead, 'to', now + 30_000, now).to, now + 1000, 'one that is to come still ends after it begins')
})

test('a grip that is held shows more on its side, and nothing of the future', () => {
  const wide = widen(minute, 'from', 1000, now)
  assert.ok(wide.from < minute.from && wide.to === minute.to)
  assert.equal(widen(minute, 'to', 60_000, now).to, now)
})
