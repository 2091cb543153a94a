// One clock, and how films follow it.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'
import { build, transform } from 'esbuild'

const load = async (file) => {
  const { code } = await transform(await readFile(new URL(file, import.meta.url), 'utf8'), { loader: 'ts', format: 'esm' })
  return import(`data:text/javascript,${encodeURIComponent(code)}`)
}
const { Clock, follow, Patience } = await load('src/together/clock.ts')
const { highest, union, overlap } = await load('src/timeline/spans.ts')
const { Gate } = await load('src/player/gate.ts')

test('a clock runs at its pace, and stands where it was stopped', () => {
  const clock = new Clock(1000)
  assert.equal(clock.at(50), 1000)
  clock.run(50)
  clock.run(80) // it does already
  assert.equal(clock.at(150), 1100)
  clock.pace(4, 150)
  assert.equal(clock.at(160), 1140)
  clock.stop(160)
  clock.pace(0.5, 170)
  assert.equal(clock.at(999), 1140)
  clock.run(1000)
  clock.set(5000, 1100)
  assert.equal(clock.at(1200), 5050)
})

test('a film near the clock runs as it does, one beside it is nudged, one far away jumps', () => {
  assert.equal(follow(0, 1), 1)
  assert.equal(follow(-15, 2), 2)
  assert.ok(follow(-100, 1) > 1.1 && follow(-100, 1) < 1.2, 'behind: faster')
  assert.ok(follow(100, 1) < 0.9 && follow(100, 1) > 0.8, 'ahead: slower')
  assert.equal(follow(-900, 1), 1.25, 'never much')
  assert.equal(follow(400, 1), 'wait')
  assert.equal(follow(-1001, 1), 'jump')
  assert.equal(follow(1001, 1), 'jump')
  assert.equal(follow(-1001, 0.5), 'jump', 'slow film is no nearer')
  assert.equal(typeof follow(-4000, 8), 'number', 'of fast film a second is less')
})

test('films that start beside each other come together and stay', () => {
  for (const rate of [0.5, 1, 2, 8]) {
    const clock = new Clock(0)
    clock.run(0)
    clock.pace(rate, 0)
    const films = [-400, -90, 0, 120, 290].map((at) => at * Math.max(rate, 1))
    for (let now = 0; now <= 6000; now += 16) {
      const t = clock.at(now)
      if (now > 5000) assert.ok(Math.max(...films) - Math.min(...films) < 100 * Math.max(rate, 1), `${rate}×, ${now} ms: ${films.map((f) => Math.round(f - t))}`)
      films.forEach((at, i) => {
        const what = follow(at - t, rate)
        films[i] += what === 'jump' ? t - at : what === 'wait' ? 0 : what * 16
      })
    }
  }
})

test('the others wait for a film two seconds at most, and not again before it was well for ten', () => {
  const p = new Patience()
  const at = (lacks, now) => p.waits(lacks, now)
  assert.equal(at(true, 0), false, 'it may get over it')
  assert.equal(at(true, 200), true)
  assert.equal(at(true, 2000), true)
  assert.equal(p.late, false)
  assert.equal(at(true, 2001), false)
  assert.equal(p.late, true)
  assert.equal(at(false, 2500), false)
  assert.equal(p.late, false)
  at(true, 3000)
  assert.equal(at(true, 3500), false, 'it used up what there was')
  at(false, 4000)
  at(false, 14_001)
  at(true, 14_100)
  assert.equal(at(true, 14_300), true)
  at(true, 99_000)
  p.renew()
  at(true, 99_100)
  assert.equal(at(true, 99_300), true, 'a person asked for something else')
})

test('footage of several is where any has it, a gap where none has', () => {
  assert.deepEqual(union([{ from: 5, to: 9 }, { from: 1, to: 3 }, { from: 3, to: 4 }, { from: 6, to: 7 }]), [{ from: 1, to: 4 }, { from: 5, to: 9 }])
  const both = (a, b) => ({ ...a, why: a.why + b.why })
  const a = [{ from: 0, to: 10, why: 'a' }, { from: 20, to: Infinity, why: 'b' }]
  const b = [{ from: 5, to: 8, why: 'x' }, { from: 9, to: 25, why: 'y' }]
  assert.deepEqual(overlap(a, b, both), [{ from: 5, to: 8, why: 'ax' }, { from: 9, to: 10, why: 'ay' }, { from: 20, to: 25, why: 'by' }])
  assert.deepEqual(overlap(a, [], both), [])
})

test('at each moment as much stirs as where most does', () => {
  const a = { origin: 1000, step: 10, scores: [1, 9, 1, 1] }
  assert.deepEqual(highest([a]), a)
  assert.deepEqual(highest([a, { origin: 0, step: 0, scores: [] }]), a)
  assert.deepEqual(highest([a, { origin: 1020, step: 10, scores: [0, 5, 7] }]), { origin: 1000, step: 10, scores: [1, 9, 1, 5, 7] })
  assert.deepEqual(highest([a, { origin: 975, step: 50, scores: [2, 3] }]), { origin: 975, step: 50, scores: [9, 3] })
  assert.equal(highest([]).step, 0)
})

test('the strip of several cameras has what each of them tells', async () => {
  const { outputFiles } = await build({ entryPoints: [new URL('src/timeline/several.ts', import.meta.url).pathname], bundle: true, write: false, format: 'esm' })
  globalThis.document = { hidden: false, body: { dataset: {} }, documentElement: { dataset: { locale: 'en' } } }
  const { Several } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`)
  const scores = { 1: [1, 9], 2: [5, 2] }
  globalThis.fetch = async (url) => {
    const camera = /cameras\/(\d)/.exec(url)?.[1]
    return Response.json(camera ? { footage: [], gaps: [], activity: { step_us: 1e9, scores: scores[camera] } } : { events: [] })
  }
  let told = () => {}
  const all = new Several([{ id: 1, name: 'Door' }, { id: 2, name: 'Gate' }], () => told())
  const view = { from: 1e12, to: 1e12 + 1000, span: 1000 }
  while (all.want(view)) await new Promise((done) => (told = done)) // one after another
  assert.deepEqual(all.scores, [5, 9])
  assert.equal(all.step, 1e6)
})

test('as many go through a gate as it is wide, in their order, but for who gave up', () => {
  const gate = new Gate(2)
  const gone = []
  const all = [1, 2, 3, 4, 5].map((n) => gate.enter(() => gone.push(n)))
  assert.deepEqual(gone, [1, 2])
  all[2]()
  gate.leave()
  assert.deepEqual(gone, [1, 2, 4])
  gate.leave()
  gate.leave()
  gate.leave()
  assert.deepEqual(gone, [1, 2, 4, 5])
  gate.enter(() => gone.push(6))
  assert.deepEqual(gone, [1, 2, 4, 5, 6])
  gate.leave()
})

test('what passes a gate leaves it, also when it fails', async () => {
  const gate = new Gate(1)
  const order = []
  const first = gate.pass(async () => {
    await null
    order.push('first')
    throw new Error('lost')
  })
  const second = gate.pass(async () => (order.push('second'), 2))
  await assert.rejects(first, /lost/)
  assert.equal(await second, 2)
  assert.deepEqual(order, ['first', 'second'])
})
