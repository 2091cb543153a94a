// Several windows of one browser share its six connections, and pages stand
// still while they load.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { base, close, footage, launch, moves, open, pictured, until } from './browser.mjs'

const urls = JSON.parse(process.env.STOOP_CAMERAS)
let browser
let doors
before(async () => {
  browser = await launch()
  doors = []
  for (let n = 1; n <= 5; n++) {
    const res = await fetch(`${base}/api/v1/cameras`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: `Door ${n}`, url: `${urls.visitor}/main?${n}`, sub_url: `${urls.visitor}/sub?${n}` }),
    })
    assert.equal(res.status, 201, await res.clone().text())
    doors.push((await res.json()).id)
  }
  await Promise.all(doors.map((id) => footage(id, 3000)))
})
after(() => browser.close())

const live = (page) => page.locator('[data-on-air]:visible').count()

test('windows of one browser share its connections: each can go on, and four pictures play in all', async () => {
  const first = await open(browser, { viewport: { width: 1440, height: 2600 } })
  await first.goto(base)
  await first.waitForFunction(() => document.querySelectorAll('[data-on-air]:not([hidden])').length === 4)
  const second = await first.context().newPage()
  await second.goto(base)
  for (const page of [first, second]) {
    await page.waitForFunction(() => document.querySelectorAll('[data-on-air]:not([hidden])').length === 2)
  }
  for (const page of [second, first]) {
    await page.click(`[data-tile="${doors[0]}"]`)
    await page.waitForURL(/cameras\/\d+$/)
    await page.waitForLoadState()
    const waited = await page.evaluate(() => {
      const [n] = performance.getEntriesByType('navigation')
      return Math.round(n.requestStart - n.fetchStart)
    })
    console.log(`until there was a connection for another page, with two windows open: ${waited} ms`)
    assert.ok(waited < 8000, `it took ${waited} ms`) // it was 20 s, also on a machine without other work
  }
  await moves(second, '[data-video]')
  // A change is told to both.
  await fetch(`${base}/api/v1/cameras/${doors[0]}`, { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: '{"sub_url":"rtsp://127.0.0.1:9/none"}' })
  for (const page of [first, second]) await page.locator('[data-part=trouble] .trouble').waitFor()
  const third = await first.context().newPage()
  await third.goto(base)
  await third.waitForFunction(() => document.querySelectorAll('[data-on-air]:not([hidden])').length === 2)
  assert.equal(await live(third), 2, 'two windows play the other two')
  await second.close()
  await third.waitForFunction(() => document.querySelectorAll('[data-on-air]:not([hidden])').length === 3)
  await fetch(`${base}/api/v1/cameras/${doors[0]}`, { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ sub_url: `${urls.visitor}/sub?1` }) })
  first.may = /404|503/
  await close(first)
})

const most = { home: 20_000, camera: 33_000 } // bytes of script that a page takes before it is touched, as they are sent

for (const [name, viewport] of [['phone', { width: 390, height: 844 }], ['desk', { width: 1440, height: 900 }]]) {
  test(`nothing moves while a page loads, and little is loaded, on a ${name}`, async () => {
    const { from, to } = await footage(doors[1], 8000)
    const pages = { home: '/', camera: `/cameras/${doors[1]}`, past: `/cameras/${doors[1]}?at=${new Date((from + to) / 2).toISOString()}&zoom=1h`, add: '/cameras/new', recording: `/cameras/${doors[1]}/recording` }
    const page = await open(browser, { viewport, hasTouch: viewport.width < 700, timezoneId: 'America/St_Johns' })
    await page.addInitScript(() => {
      window.shifts = []
      new PerformanceObserver((list) => {
        for (const e of list.getEntries()) shifts.push({ value: e.value, what: e.sources.map((s) => s.node?.outerHTML?.slice(0, 90) ?? String(s.node?.nodeValue)) })
      }).observe({ type: 'layout-shift', buffered: true })
    })
    const all = {}
    const loaded = {}
    for (const [what, path] of Object.entries(pages)) {
      await page.goto(base + path)
      if (what in { home: 0, camera: 0, past: 0 }) await pictured(page, 'video')
      await page.waitForTimeout(2500)
      // A page that is painted before all of it has come may settle by a hair.
      const shifts = await page.evaluate(() => shifts)
      all[what] = Math.round(shifts.reduce((sum, s) => sum + s.value, 0) * 1000) / 1000
      assert.ok(all[what] <= 0.02, `${what} shifts by ${all[what]}: ${JSON.stringify(shifts, null, 1)}`)
      loaded[what] = await page.evaluate(() =>
        performance.getEntriesByType('resource').filter((r) => /\.js(\?|$)/.test(r.name)).reduce((sum, r) => sum + r.encodedBodySize, 0))
      assert.ok(loaded[what] > 0 && loaded[what] <= (most[what] ?? 150_000), `${what} loads ${loaded[what]} bytes of script`)
    }
    const devtools = await page.context().newCDPSession(page)
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 })
    await page.goto(base)
    const paint = () => page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime)
    let painted
    await until(async () => (painted = await paint()), () => 'home is not painted')
    console.log(`on a ${name}: layout shift ${JSON.stringify(all)}, bytes of script ${JSON.stringify(loaded)}, home is painted after ${Math.round(painted)} ms with a quarter of a core`)
    await close(page)
  })
}

test('the picture comes first: its buttons fade, a whole screen keeps name and timeline', async () => {
  const page = await open(browser)
  await page.goto(`${base}/cameras/${doors[1]}`)
  await moves(page, '[data-video]')
  const play = page.locator('[data-do=play]')
  const seen = (want) => page.waitForFunction((want) => getComputedStyle(document.querySelector('[data-do=play]')).opacity === want, want)
  await seen('0')
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('[data-do=live]')).opacity), '1', 'whether it is live is not said')
  await play.hover()
  await seen('1')
  await page.click('[data-do=full]')
  await page.waitForFunction(() => {
    const box = (s) => document.querySelector(s).getBoundingClientRect()
    return document.fullscreenElement && box('[data-video]').height > innerHeight / 2 && box('[data-strip]').bottom <= innerHeight && box('.stage .title').width > 0
  })
  await page.mouse.move(5, 5)
  await seen('0')
  await close(page)
})

test('a near picture is let go outside of it, too', async () => {
  const page = await open(browser)
  await page.goto(`${base}/cameras/${doors[1]}`)
  await moves(page, '[data-video]')
  const { x, y, width, height } = await page.locator('[data-film]').boundingBox()
  const where = () => page.evaluate(() => document.querySelector('[data-video]').style.transform)
  await page.mouse.dblclick(x + width / 2, y + height / 2)
  await page.mouse.move(x + 10, y + height / 2)
  await page.mouse.down()
  await page.mouse.move(x - 60, y + height / 2)
  await page.mouse.up()
  await page.mouse.move(x + 10, y + height / 2)
  const let_go = await where()
  assert.match(let_go, /scale/)
  await page.mouse.move(x + width / 2, y + height / 3, { steps: 4 })
  assert.equal(await where(), let_go, 'it follows a mouse that holds nothing')
  await close(page)
})

test('the first page tells what happened since it was opened', async () => {
  const page = await open(browser)
  await page.addInitScript(() => { // no camera's state has the page fetched anew
    delete window.SharedWorker
    window.EventSource = class extends EventTarget {
      close() {}
    }
  })
  await page.clock.install()
  await page.goto(base)
  await pictured(page, 'video')
  const res = await fetch(`${base}/api/v1/cameras/${doors[0]}/events`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ kind: 'package' }),
  })
  assert.equal(res.status, 202)
  await until(async () => (await fetch(base).then((r) => r.text())).match(/>\s*Parcel\s*</), () => 'the home does not tell it')
  await page.clock.fastForward(61_000)
  await page.locator('.moments', { hasText: 'Parcel' }).first().waitFor()
  await close(page)
})

test('a thumb that swipes goes to the next camera, and a phone on its side shows the picture first', async () => {
  const page = await open(browser, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
  await page.goto(`${base}/cameras/${doors[0]}`)
  const links = await page.evaluate(() => [...document.querySelectorAll('[data-others] a')].map((a) => a.pathname))
  const here = links.indexOf(`/cameras/${doors[0]}`)
  assert.ok(here >= 0 && here < links.length - 1, String(links))
  const devtools = await page.context().newCDPSession(page)
  const touch = (type, x) => devtools.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y: 200 }] })
  await page.locator('[data-film][data-play]').waitFor()
  await page.waitForFunction(() => document.querySelector('[data-film]').tabIndex === 0) // its script runs
  // What takes longer than 600 ms is no swipe: nothing is waited for in between.
  await Promise.all([touch('touchStart', 300), ...[250, 180, 120].map((x) => touch('touchMove', x)), touch('touchEnd')])
  await page.waitForURL(base + links[here + 1])
  await page.setViewportSize({ width: 844, height: 390 })
  let seen
  const fits = async () => {
    seen = await page.evaluate(() => {
      const box = (s) => document.querySelector(s).getBoundingClientRect()
      return { film: box('[data-film]').height, all: box('[data-strip]').bottom - box('[data-film]').top, window: innerHeight }
    })
    return seen.film > 0.7 * seen.window && seen.all <= seen.window
  }
  await until(fits, () => `picture and timeline do not fill the screen: ${JSON.stringify(seen)}`)
  await close(page)
})

test('short gaps do not paint over the footage between them', async () => {
  const page = await open(browser)
  const minutes = 60_000
  const stamp = (from, to) => ({ from: new Date(from).toISOString(), to: new Date(to).toISOString() })
  await page.route('**/timeline?*', (r) => {
    const query = new URL(r.request().url()).searchParams
    const [from, to] = [Date.parse(query.get('from')), Math.min(Date.parse(query.get('to')), Date.now())]
    const footage = []
    const gaps = []
    for (let t = Math.ceil(from / minutes / 10) * minutes * 10; t < to; t += 10 * minutes) { // 20 s in ten minutes
      gaps.push({ ...stamp(t, t + 20_000), reason: 'unreachable' })
      footage.push(stamp(t + 20_000, t + 10 * minutes))
    }
    return r.fulfill({ json: { stream: 'main', from: query.get('from'), to: query.get('to'), footage, gaps, activity: { step_us: 1, scores: [] } } })
  })
  for (const zoom of ['24h', '7d']) {
    await page.goto(`${base}/cameras/${doors[1]}?zoom=${zoom}`)
    await page.waitForTimeout(1500)
    let plain
    const drawn = () => page.evaluate(() => {
      const canvas = document.querySelector('[data-canvas]')
      const scale = canvas.width / canvas.getBoundingClientRect().width
      const wash = getComputedStyle(document.documentElement).getPropertyValue('--wash').trim().match(/[0-9a-f]{2}/g).map((v) => parseInt(v, 16))
      const row = canvas.getContext('2d').getImageData(40 * scale, 60 * scale, 500 * scale, 1).data
      let near = 0
      for (let i = 0; i < row.length; i += 4) if (wash.every((v, k) => Math.abs(v - row[i + k]) < 16)) near++
      return near / (row.length / 4)
    })
    await until(async () => (plain = await drawn()) > 0.8, () => `at ${zoom} ${Math.round(plain * 100)} % of the film is seen`)
  }
  page.may = /404/
  await close(page)
})
