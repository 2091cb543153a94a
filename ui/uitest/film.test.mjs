// A hand that drags the timeline, as a film of frames, and how it keeps up.
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { base, close, launch, open, shots } from './browser.mjs'

const hour = 3_600_000
const lasts = 12_000 // ms of a drag
let browser
before(async () => {
  await mkdir(shots, { recursive: true })
  browser = await launch()
})
after(() => browser?.close())

/** Opens the camera at an instant some hours ago, at a zoom. */
async function at(ago, zoom) {
  const page = await open(browser, { timezoneId: 'UTC' })
  page.may = /404/
  await page.goto(`${base}/cameras/1?at=${new Date(Date.now() - ago).toISOString()}&zoom=${zoom}`)
  await page.waitForFunction(() => performance.getEntriesByName('stoop:seek', 'measure').length > 0)
  await page.waitForTimeout(1500) // its pictures go on, its list is there
  return page
}

/** Drags the strip by so much of what it shows, at the pace of a hand; tells how the page kept up. */
async function drag(page, share) {
  const { x, y, width } = await page.locator('[data-strip]').boundingBox()
  const from = x + width * (share > 0 ? 0.05 : 0.95)
  await page.mouse.move(from, y + 60)
  await page.mouse.down()
  await page.evaluate(watch)
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Performance.enable')
  const busy = async () => (await cdp.send('Performance.getMetrics')).metrics.find((m) => m.name === 'TaskDuration').value * 1000
  const idle = await busy()
  const begun = performance.now()
  for (let past = 0; past < lasts; past = performance.now() - begun) {
    await page.mouse.move(from + width * share * (past / lasts), y + 60)
    await new Promise((done) => setTimeout(done, 8))
  }
  await page.waitForTimeout(500)
  const kept = await page.evaluate(() => window.kept)
  const work = ((await busy()) - idle) / kept.frames
  await page.mouse.up()
  kept.delays.sort((a, b) => a - b)
  const of = (p) => Math.round(kept.delays[Math.floor((kept.delays.length - 1) * p)] ?? NaN)
  return { p50: of(0.5), p95: of(0.95), frames: kept.frames / (kept.took / 1000), places: kept.delays.length, work }
}

/** In the page: from each move of the hand until the picture of that moment, or of a later one, is shown. */
function watch() {
  const strip = document.querySelector('[data-strip]')
  const stamp = document.querySelector('[data-stamp]')
  const board = document.querySelector('[data-storyboard]')
  const day = 86_400
  const apart = (a, b) => ((a - b + day * 1.5) % day) - day / 2
  const wanted = []
  let moved = 0
  let last = Number(strip.getAttribute('aria-valuenow'))
  const first = last
  window.kept = { delays: [], frames: 0, took: 0 }
  strip.addEventListener('pointermove', () => (moved = performance.now()))
  const begun = performance.now()
  const frame = () => {
    const now = performance.now()
    kept.frames++
    kept.took = now - begun
    const place = Number(strip.getAttribute('aria-valuenow'))
    if (place !== last && moved) wanted.push({ place, moved })
    last = place
    const shown = Math.floor(Date.parse(stamp.dateTime) / 1000) % day
    const way = Math.sign(apart(last, first))
    while (!board.hidden && wanted.length && apart(shown, wanted[0].place) * way >= 0) kept.delays.push(now - wanted.shift().moved)
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
}

const tell = (what, value, goal, ok) => console.log(`film: ${what}: ${value}; the goal is ${goal}${ok ? '' : ': missed'}`)

test('a drag over an hour: how soon the picture under the hand is there', async () => {
  const page = await at(3 * hour, '1h')
  const k = await drag(page, 1)
  tell('preview under the hand', `p50 ${k.p50} ms, p95 ${k.p95} ms of ${k.places} places`, 'p95 150 ms', k.p95 <= 150)
  tell('an hour dragged', `${k.frames.toFixed(1)} frames a second, ${k.work.toFixed(1)} ms of the page's thread each`, '60', k.frames > 57)
  assert.ok(k.places > 5, `pictures of ${k.places} places were shown`)
  await close(page)
})

test('a drag over half an hour: what is loaded', async () => {
  const half = await at(6 * hour, '1h')
  const cdp = await half.context().newCDPSession(half)
  await cdp.send('Network.enable')
  const asked = new Map()
  const bytes = { storyboard: 0, other: 0 } // other is what was played before the drag, and the lists
  cdp.on('Network.requestWillBeSent', (e) => asked.set(e.requestId, e.request.url))
  cdp.on('Network.dataReceived', (e) => (bytes[/storyboard/.test(asked.get(e.requestId)) ? 'storyboard' : 'other'] += e.encodedDataLength || e.dataLength))
  await drag(half, 0.5)
  tell('30 minutes dragged', `${(bytes.storyboard / 1e6).toFixed(2)} MB of pictures, ${(bytes.other / 1e6).toFixed(2)} MB of all else`, '2 MB', bytes.storyboard <= 2e6)
  await close(half)
})

test('a drag over a day of 1,440 segments and 500 events', async () => {
  const page = await at(3 * hour, '24h')
  const k = await drag(page, 0.6)
  tell('a day dragged', `${k.frames.toFixed(1)} frames a second, ${k.work.toFixed(1)} ms of the page's thread each, preview p50 ${k.p50} ms, p95 ${k.p95} ms`, '60, p95 150 ms', k.frames > 57 && k.p95 <= 150)
  await close(page)
})

test('the film: ten frames a second', async () => {
  const page = await at(3 * hour, '1h')
  const cdp = await page.context().newCDPSession(page)
  const frames = []
  cdp.on('Page.screencastFrame', ({ data, sessionId, metadata }) => {
    cdp.send('Page.screencastFrameAck', { sessionId }).catch(() => {})
    frames.push({ data, at: metadata.timestamp * 1000 })
  })
  await cdp.send('Page.startScreencast', { format: 'png', maxWidth: 1440, maxHeight: 900 })
  await drag(page, 1)
  await cdp.send('Page.stopScreencast')
  let n = 0
  for (let t = frames[0].at, i = 0; i < frames.length; t += 100) {
    while (i < frames.length && frames[i].at < t) i++
    const frame = frames[Math.min(i, frames.length - 1)]
    await writeFile(`${shots}/frame-${String(n++).padStart(3, '0')}.png`, Buffer.from(frame.data, 'base64'))
  }
  console.log(`film: ${n} frames at 10/s of ${frames.length} that were painted, in build/film`)
  assert.ok(frames.length > 30, `${frames.length} frames were painted`)
  await close(page)
})
