// What a clip lacks is said with its reason before it is taken away.
import assert from 'node:assert/strict'
import test from 'node:test'
import { build } from 'esbuild'

const spoken = { clip_lacks: 'Missing: {duration}. {reason}.', clip_empty: 'None: {reason}.', minutes: '{n} min', seconds: '{n} s' }
globalThis.document = { body: { dataset: { words: JSON.stringify(spoken) } } }
const { outputFiles } = await build({ entryPoints: [new URL('src/clip/lacks.ts', import.meta.url).pathname], bundle: true, format: 'esm', write: false })
const { lacks } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`)

const minute = 60_000
const clip = { from: 0, to: 10 * minute }
const now = 60 * minute
const of = (footage, gaps, known = true) => lacks(clip, { footage, gaps, knows: () => known }, now)
const gap = (from, to, reason) => ({ from: from * minute, to: to * minute, reason })

test('gaps are summed up by their reason, the longest first, and moments are not told', () => {
  const all = [{ from: -minute, to: 2 * minute }, { from: 5 * minute, to: 20 * minute }]
  assert.equal(of(all, [gap(2, 5, 'It was off')]).text, 'Missing: 3 min. It was off.')
  const many = [gap(-9, 1, 'It was off'), gap(3, 5, 'Gone'), gap(6, 6.02, 'Slow'), gap(7, 8, 'Gone')]
  const rest = [gap(1, 3), gap(5, 6), gap(6.02, 7), gap(8, 10)]
  assert.deepEqual(of(rest, many), { text: 'Missing: 3 min. Gone. Missing: 1 min. It was off.', empty: false })
})

test('one without footage is empty, and says why', () => {
  assert.deepEqual(of([], [gap(-5, Infinity, 'Removed')]), { text: 'None: Removed.', empty: true })
  assert.deepEqual(of([], []), { text: 'none_here.', empty: true })
})

test('what is not known yet, and the last seconds, are not called missing', () => {
  assert.deepEqual(of([], [], false), { text: '', empty: false })
  const young = lacks({ from: now - minute, to: now }, { footage: [{ from: 0, to: now - 8000 }], gaps: [], knows: () => true }, now)
  assert.deepEqual(young, { text: '', empty: false })
})

test('the future, and too much, are told', () => {
  assert.deepEqual(lacks({ from: 0, to: 32 * 24 * 60 * minute }, {}, now), { text: 'clip_long', empty: true })
  assert.deepEqual(lacks({ from: now, to: now + 1 }, { footage: [], gaps: [] }, now), { text: 'clip_future', empty: true })
  const over = lacks({ from: now - minute, to: now + minute }, { footage: [{ from: 0, to: now }], gaps: [], knows: () => true }, now)
  assert.deepEqual(over, { text: 'clip_ahead', empty: false })
})
