// A screen on the wall: every camera at once, live, one of them as large as the
// screen when it is touched or somebody rings there, and for weeks.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { base, close, each, footage, launch, open, stage } from './browser.mjs'

const urls = JSON.parse(process.env.STOOP_CAMERAS)
const many = 6 // more than a browser has connections for
let browser
const doors = []
before(async () => {
  browser = await launch()
  for (let n = 1; n <= many; n++) {
    const { id } = await json('POST', '/api/v1/cameras', { name: `Door ${n}`, url: `${urls.visitor}/main?${n}`, sub_url: `${urls.visitor}/sub?${n}` })
    doors.push(id)
  }
  await Promise.all(doors.map((id) => footage(id, 3000)))
})
after(() => browser.close())

async function json(method, path, body) {
  const res = await fetch(base + path, { method, headers: { 'Content-Type': 'application/json' }, body: body && JSON.stringify(body) })
  assert.ok(res.ok, `${method} ${path}: ${await res.clone().text()}`)
  return res.json()
}

const live = (page, n) =>
  page.waitForFunction((n) => document.querySelectorAll('[data-on-air]:not([hidden])').length === n, n, { timeout: 40_000 })

test('all cameras play, more than there are connections for, and nothing scrolls', async () => {
  const page = await open(browser, { rtc: true })
  await page.goto(base)
  await live(page, await page.evaluate(() => [...document.querySelectorAll('[data-tile]')].filter((t) => t.getBoundingClientRect().top + t.offsetHeight / 4 < innerHeight).length))
  await page.click('a[href="/wall"]')
  await page.waitForURL(/wall$/)
  await live(page, many)
  const small = await page.evaluate(() => [...document.querySelectorAll('[data-tile] video')].map((v) => v.videoWidth))
  for (const [width, height, want] of [[1440, 900, 2], [900, 1440, 2], [2000, 500, 3], [3200, 500, 6]]) {
    await page.setViewportSize({ width, height })
    await page.waitForFunction((n) => getComputedStyle(document.querySelector('[data-wall]')).gridTemplateColumns.split(' ').length === n, want)
    const out = await page.evaluate(() => [...document.querySelectorAll('[data-tile]')].some((t) => t.getBoundingClientRect().bottom > innerHeight + 1 || t.getBoundingClientRect().right > innerWidth + 1))
    assert.ok(!out, 'a picture sticks out')
    const scrolls = await page.evaluate(() => document.documentElement.scrollHeight > innerHeight || document.documentElement.scrollWidth > innerWidth)
    assert.ok(!scrolls, 'the wall scrolls')
  }
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.click(`[data-tile="${doors[2]}"]`)
  await page.waitForFunction(([id, was]) => document.querySelector(`.large [data-tile="${id}"] video`)?.videoWidth > was, [doors[2], small[2]])
  await live(page, 1)
  await page.keyboard.press('Escape')
  await live(page, many)
  await close(page)
})

test('a ring brings its camera to the front, and going there gives the wall back', async () => {
  const page = await open(browser, { rtc: true })
  await page.goto(`${base}/wall`)
  await live(page, many)
  const press = await json('POST', `/api/v1/cameras/${doors[4]}/ring`)
  await page.locator(`.large [data-tile="${doors[4]}"]`).waitFor()
  await json('POST', `/api/v1/cameras/${doors[4]}/ring/answer`, { at: press.at, who: 'Anna' })
  await page.locator('.large').waitFor({ state: 'detached' })
  await live(page, many)
  await close(page)
})

test('a camera that is off shows that it is', async () => {
  const page = await open(browser, { rtc: true })
  await page.goto(`${base}/wall`)
  await live(page, many)
  await json('PATCH', `/api/v1/cameras/${doors[1]}/recording`, { mode: 'privacy' })
  const tile = page.locator(`[data-tile="${doors[1]}"]`)
  await page.waitForFunction((id) => document.querySelector(`[data-tile="${id}"]`).matches('.shut'), doors[1])
  assert.match(await tile.textContent(), /Off for privacy/)
  assert.equal(await tile.locator('video').evaluate((v) => getComputedStyle(v).visibility), 'hidden')
  await live(page, many - 1)
  await json('PATCH', `/api/v1/cameras/${doors[1]}/recording`, { mode: 'continuous' })
  await live(page, many)
  page.may = /404|503/
  await close(page)
})

test('it looks right', () =>
  each(browser, async (page, shot) => {
    await page.goto(`${base}/wall`)
    await live(page, many)
    await shot('wall')
  }, undefined, base, { rtc: true }))

test('the screen stays on while the wall is looked at', async () => {
  const page = await open(browser, { rtc: true })
  await page.addInitScript(() => {
    window.locks = []
    const request = navigator.wakeLock.request.bind(navigator.wakeLock)
    navigator.wakeLock.request = async (type) => {
      const lock = await request(type)
      window.locks.push(lock)
      return lock
    }
  })
  const held = (n) => page.waitForFunction((n) => window.locks.length === n && window.locks.every((lock, i) => lock.released === (i < n - 1)), n)
  const lose = () => page.evaluate(() => window.locks.at(-1).release())
  const hide = (hidden) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, value: hidden })
      document.dispatchEvent(new Event('visibilitychange'))
    }, hidden)
  await page.goto(`${base}/wall`)
  await held(1)
  await lose()
  await held(2)
  await hide(true)
  await lose() // as browsers do it
  await hide(false)
  await held(3)
  await close(page)
})

test('streams that break and come back leave nothing behind', async () => {
  const page = await open(browser, { rtc: true })
  const cdp = await page.context().newCDPSession(page)
  const now = async () => {
    await cdp.send('HeapProfiler.collectGarbage')
    const heap = (await cdp.send('Runtime.getHeapUsage')).usedSize
    const { nodes, jsEventListeners } = await cdp.send('Memory.getDOMCounters')
    return { heap, nodes, listeners: jsEventListeners }
  }
  // What is under way holds something, too: the least of a few looks is what stays.
  const held = async () => {
    const looks = []
    for (; looks.length < 6; await page.waitForTimeout(500)) looks.push(await now())
    return Object.fromEntries(['heap', 'nodes', 'listeners'].map((k) => [k, Math.min(...looks.map((l) => l[k]))]))
  }
  await page.goto(`${base}/wall`)
  await live(page, many)
  const all = []
  for (let n = 0; n < Number(process.env.STOOP_BREAKS ?? 4); n++) {
    await stage('visitor/stop')
    await live(page, 0)
    await stage('visitor/start')
    await live(page, many)
    all.push(await held())
  }
  console.log(`the wall holds ${all.map((h) => `${Math.round(h.heap / 1024)} KiB, ${h.nodes} nodes, ${h.listeners} listeners`).join('; ')}`)
  const [first, last] = [all[0], all.at(-1)]
  assert.ok(last.heap < first.heap * 1.3 + (1 << 20), 'the heap grows')
  assert.ok(last.nodes < first.nodes + 5000, 'nodes stay')
  assert.ok(last.listeners < first.listeners + 40, 'listeners stay')
  page.may = /404|503|ERR_/
  await close(page)
})
