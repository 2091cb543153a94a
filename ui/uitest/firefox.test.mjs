import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { base, footage, moves, taken, until } from './browser.mjs'
import { launch, open as visit } from './firefox.mjs'

let browser
before(async () => (browser = await launch()))
after(() => browser.close())

async function open(path) {
  const page = await browser.newPage()
  page.faults = []
  page.on('console', (m) => ['error'].includes(m.type()) && page.faults.push(m.text()))
  page.on('pageerror', (e) => page.faults.push(e.stack ?? e.message))
  await page.setViewport({ width: 1280, height: 900 })
  await page.goto(base + path)
  return page
}

const json = { 'Content-Type': 'application/json' }
const api = (path, body) => fetch(`${base}/api/v1/cameras/1/${path}`, { method: 'POST', headers: json, body: body && JSON.stringify(body) })

/** Opens a page of the program, whose every fault counts. */
async function at(path) {
  const page = await visit(browser, { home: base })
  await page.goto(base + path)
  return page
}

async function close(page) {
  await page.context().close()
  assert.deepEqual(page.faults, [])
}

test('firefox plays live pictures, and says which way they come and why', async () => {
  const page = await at('/cameras/1')
  await moves(page, '[data-video]')
  await page.waitForFunction(() => document.querySelector('[data-do=live]').getAttribute('aria-pressed') === 'true')
  // Debian's has no H.264 for WebRTC: that comes as a plug-in, which it downloads where it may.
  const decodes = await page.evaluate(() => RTCRtpReceiver.getCapabilities('video').codecs.some((c) => c.mimeType === 'video/H264'))
  await page.waitForFunction(() => document.querySelector('[data-way]').textContent)
  const said = await page.evaluate(() => document.querySelector('[data-way]').textContent)
  console.log(`firefox: ${said}`)
  assert.equal(said, decodes ? 'Live by WebRTC' : 'Live by fMP4, because this browser plays no H.264 by WebRTC')
  await close(page)
})

test('firefox shows who rings, and answers', async () => {
  const home = await at('/')
  const own = await at('/cameras/1')
  for (const page of [home, own]) {
    await page.waitForFunction(() => document.querySelector('[data-part=foot]')?.textContent)
    await moves(page, page === home ? '[data-tile] video' : '[data-video]') // by then it listens
  }
  await api('ring')
  await own.locator('[data-part=ring]').getByText('Somebody is at the door.').first().waitFor()
  await home.locator('[data-ringing]').waitFor()
  await home.waitForFunction(() => document.title.startsWith('Somebody is at the door'))
  await home.waitForFunction(() => document.querySelector('[data-ringing] video')?.readyState >= 2)
  await home.locator('[data-ringing]').getByRole('button', { name: 'I am going' }).click()
  await home.locator('[data-ringing]').waitFor({ state: 'hidden' })
  await own.locator('[data-part=ring]').getByText('Somebody of the house is going.').first().waitFor()
  for (const page of [home, own]) await close(page)
})

test('firefox shows the moment that an address names', async () => {
  const { from, to } = await footage(1, 10_000)
  const at = from + (to - from) / 2
  const page = await open(`/cameras/1?at=${new Date(at).toISOString()}`)
  await page.waitForFunction(() => performance.getEntriesByName('stoop:seek', 'measure').length > 0)
  await moves(page, '[data-video]')
  const off = (await page.evaluate(() => Date.parse(document.querySelector('[data-stamp]').dateTime))) - at
  assert.ok(off > -1500 && off < 8000, `it shows ${off} ms beside what was asked for`)
  assert.deepEqual(page.faults, [])
  await page.close()
})

test('firefox plays home', async () => {
  const page = await open('/')
  await moves(page, '[data-tile] video')
  assert.deepEqual(page.faults, [])
  await page.close()
})

test('firefox plays all cameras at one moment of the past, in step', async () => {
  const all = [await footage(1, 20_000), await footage(2, 20_000)]
  const from = Math.max(...all.map((f) => f.from)) + 2000
  const page = await open(`/cameras?at=${new Date(from).toISOString()}`)
  let now
  const shown = async () => (now = await page.evaluate(taken))
  const beside = () => Math.max(...now) - Math.min(...now)
  await until(async () => (await shown()).length === 2 && beside() < 200, () => `they show ${now}`)
  const begun = Math.min(...now)
  assert.ok(Math.abs(begun - from) < 15_000, `they begin ${begun - from} ms beside what was asked for`)
  await until(async () => (await shown()).every((t) => t > begun + 1500) && beside() < 200, () => `they do not go on: ${now}, from ${begun}`)
  assert.deepEqual(page.faults, [])
  await page.close()
})
