// Rings where nobody looks, in several windows, and by way of a message.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { base, close, fits, focused, footage, launch, open, shots, until, watch } from './browser.mjs'

let browser
before(async () => {
  browser = await launch()
  await footage(1, 6000)
})
after(() => browser.close())

const json = { 'Content-Type': 'application/json' }
const api = (path, body) => fetch(`${base}/api/v1/cameras/1/${path}`, { method: 'POST', headers: json, body: body && JSON.stringify(body) })
const answer = (press) => api('ring/answer', { at: press.at, who: 'Anna' })
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

/** Presses the button, once the last press is another ring. */
let last = 0
async function press() {
  await new Promise((done) => setTimeout(done, Math.max(0, last + 3100 - Date.now())))
  last = Date.now()
  return (await api('ring')).json()
}

/**
 * In the page, before its own scripts. Notes what is played, and asked of the home.
 * Browsers that are driven hide no page: so it is told by hide that nobody looks, by
 * the one thing that scripts learn of it.
 */
function spy() {
  window.heard = { begun: 0, ended: 0 }
  window.sources = []
  const { start } = OscillatorNode.prototype
  OscillatorNode.prototype.start = function (at) {
    if (!this.context.noted) heard.begun++
    this.context.noted = true
    return start.call(this, at)
  }
  const end = AudioContext.prototype.close
  AudioContext.prototype.close = function () {
    if (this.noted) heard.ended++
    return end.call(this)
  }
  window.connections = []
  const Connection = window.RTCPeerConnection
  if (Connection) window.RTCPeerConnection = class extends Connection {
    constructor(...all) {
      super(...all)
      connections.push(this)
    }
  }
  // What the driver evaluates counts as a touch, at times of its own.
  Object.defineProperty(UserActivation.prototype, 'hasBeenActive', { get: () => window.touched === true })
  let hidden = false
  Object.defineProperty(document, 'hidden', { get: () => hidden })
  Object.defineProperty(document, 'visibilityState', { get: () => (hidden ? 'hidden' : 'visible') })
  window.hide = (now) => {
    hidden = now
    document.dispatchEvent(new Event('visibilitychange'))
  }
}
const hide = (page, now = true) => page.evaluate((now) => window.hide(now), now)
const chimes = (page) => page.evaluate(() => heard.begun - heard.ended)
const rings = (page) => page.evaluate(() => document.title.startsWith('Somebody is at the door'))
const icon = (page) => page.getAttribute('link[rel=icon]', 'href')

/** In the page: takes the workers away that windows share, as browsers on phones lack them, and counts streams. */
function unshared() {
  delete window.SharedWorker
  const Source = window.EventSource
  window.EventSource = class extends Source {
    constructor(address) {
      super(address)
      window.sources.push(this)
    }
  }
}

/** Opens a page that hears of rings, in a browser of its own or that of another page. */
async function at(path, { beside, script, ...options } = {}) {
  const page = beside ? await beside.context().newPage() : await open(browser, options)
  if (!beside) await page.context().addInitScript(spy)
  if (script) await page.context().addInitScript(script)
  else watch(page, base)
  await page.goto(base + path)
  await hears(page)
  return page
}

/** Waits until a page knows who rings: the home has told it once. */
async function hears(page) {
  await page.waitForFunction(() => document.querySelector('[data-part=foot]')?.textContent)
  await page.waitForTimeout(1500)
}

test('a tab that nobody looks at chimes and says so in its title, and hears of nothing else', async () => {
  const page = await at('/')
  let asked = []
  page.on('request', (r) => r.url().endsWith('/ring.svg') || asked.push(r.url()))
  await hide(page)
  await page.waitForTimeout(11_000) // two beats: by then rings alone are listened to
  asked = []
  await fetch(`${base}/api/v1/cameras/2`, { method: 'PATCH', headers: json, body: JSON.stringify({ name: 'Side door' }) })
  await page.waitForTimeout(1500)
  assert.deepEqual(asked, [], 'it follows the states')
  const began = Date.now()
  const ring = await press()
  await until(() => rings(page), () => 'the title does not ring')
  console.log(`press to hidden title: ${Date.now() - began} ms`)
  await until(async () => (await chimes(page)) === 1, () => 'it does not chime')
  assert.match(await icon(page), /ring\.svg$/)
  assert.equal(await page.locator('[data-ringing] video').count(), 0, 'it loads a picture that nobody sees')
  assert.deepEqual(asked, [], 'it asks for something that nobody sees')
  // Who comes back sees who it is.
  await hide(page, false)
  await page.locator('[data-ringing] video').waitFor()
  await page.locator('text=Side door').first().waitFor()
  await answer(ring)
  await page.locator('[data-ringing]').waitFor({ state: 'detached' })
  assert.equal(await rings(page), false)
  assert.match(await icon(page), /icon\.svg/)
  assert.equal(await chimes(page), 0)
  await close(page)
})

test('who rings is seen live on a page that shows no camera, as long as somebody looks', async () => {
  const page = await at('/settings', { rtc: true })
  const connected = async (want) => {
    let states
    await until(async () => (states = await page.evaluate(() => connections.map((c) => c.connectionState))).filter((s) => s === 'connected').length === want &&
      states.filter((s) => s !== 'closed').length === want, () => `connections are ${states}, and not ${want}`)
  }
  const moves = () => page.waitForFunction(() => document.querySelector('[data-ringing] video')?.srcObject && document.querySelector('[data-ringing] video').currentTime > 0.5)
  const ring = await press()
  await moves()
  await connected(1)
  await page.screenshot({ path: `${shots}/ringing-live.png` })
  assert.equal(await page.evaluate(() => document.querySelector('[data-ringing] video').videoWidth), 1280, 'it is not the large stream')
  // No picture that stands still comes any more.
  let still = 0
  page.on('request', (r) => (still += /picture\.mp4/.test(r.url())))
  await page.waitForTimeout(3000)
  assert.equal(still, 0)
  await hide(page)
  await connected(0)
  await hide(page, false)
  await moves()
  await connected(1)
  await answer(ring)
  await page.locator('[data-ringing]').waitFor({ state: 'detached' })
  await connected(0)
  await close(page)
})

test('who rings is seen by pictures where nothing comes live', async () => {
  const page = await at('/settings', { rtc: true })
  await page.route('**/whep?*', (route) => route.fulfill({ status: 400, json: { error: { kind: 'codec', message: 'no' } } }))
  page.may = /400/
  const asked = { whep: 0, 'live.mp4': 0, 'picture.mp4': 0 }
  page.on('request', (r) => Object.keys(asked).forEach((what) => (asked[what] += r.url().includes(`/${what}?`))))
  const pictured = async () => {
    asked['picture.mp4'] = 0
    await until(() => asked['picture.mp4'] > 3, () => `${asked['picture.mp4']} pictures`)
    await page.locator('[data-ringing] video').waitFor()
  }
  let ring = await press()
  await until(() => asked.whep === 2, () => `${asked.whep} streams are asked for`)
  await pictured()
  assert.equal(asked.whep, 2, 'a stream is asked for twice')
  await answer(ring)
  await page.locator('[data-ringing]').waitFor({ state: 'detached' })
  await page.waitForTimeout(300)
  asked['picture.mp4'] = 0
  await page.waitForTimeout(2500)
  assert.equal(asked['picture.mp4'], 0, 'pictures come of one who is gone')
  // Where no connection gets through none is tried, and no other is taken for it.
  await page.goto(`${base}/settings`)
  await page.evaluate(() => sessionStorage.setItem('stoop:unreached', Date.now()))
  await hears(page)
  ring = await press()
  await pictured()
  assert.equal(asked.whep, 2)
  assert.equal(asked['live.mp4'], 0, 'it takes a connection that others may need')
  await answer(ring)
  await close(page)
})

for (const [name, script] of [['', undefined], [', also where they share no worker', unshared]]) {
test(`of several windows one chimes, that which is looked at; all show it, and all stop at once${name}`, async () => {
  const first = await at('/', { script })
  const second = await at('/cameras/2', { beside: first })
  const third = await at('/cameras/1', { beside: first })
  const all = [first, second, third]
  for (const page of [first, third]) await hide(page)
  const count = async () => Promise.all(all.map(chimes))
  if (script) {
    const open = async () => Promise.all(all.map((page) => page.evaluate(() => sources.filter((s) => s.readyState < 2).length)))
    let streams
    await until(async () => (streams = await open()).reduce((sum, n) => sum + n) === 1, () => `windows have ${streams} streams, and not one`)
  }
  let ring = await press()
  for (const page of all) await until(() => rings(page), () => 'a window does not ring')
  let now
  const counted = async (want) => until(async () => (now = String(await count())) === want, () => `${now} chime, and not ${want}`)
  await counted('0,1,0') // the one that is looked at
  // Another one is looked at: that one is heard now.
  await hide(second)
  await hide(first, false)
  await counted('1,0,0')
  // "Not now" is for the card of one window, and for the bell of all.
  await first.click('[data-ringing] button:has-text("Not now")')
  await counted('0,0,0')
  assert.equal(await rings(first), false)
  assert.equal(await rings(second), true, 'the others do not show it any more')
  assert.equal(await second.locator('.put-off').count(), 0)
  await answer(ring)
  for (const page of all) await until(async () => !(await rings(page)), () => 'a window rings on')
  await first.locator('.put-off').waitFor({ state: 'detached' })
  // One that was never touched may be silent in a browser: then another is heard.
  ring = await press()
  await counted('1,0,0')
  await second.evaluate(() => (window.touched = true))
  await second.evaluate(() => dispatchEvent(new Event('pointerup')))
  await counted('0,1,0')
  await answer(ring)
  await counted('0,0,0')
  await second.evaluate(() => (window.touched = false))
  await hide(second) // it says so when it is seen or not
  // Answered in one.
  ring = await press()
  await counted('1,0,0')
  await first.click('[data-ringing] button:has-text("I am going")')
  for (const page of all) await until(async () => !(await rings(page)), () => 'a window rings on')
  await counted('0,0,0')
  // The only one that is left, and that nobody looks at.
  await first.close()
  await third.close()
  ring = await press()
  await until(async () => (await chimes(second)) === 1, () => 'the last window is silent')
  await answer(ring)
  await until(async () => (await chimes(second)) === 0, () => 'it chimes on')
  second.faults.push(...first.faults, ...third.faults)
  await close(second)
})
}

test('a page that slept shows who rings, and nobody who does no more', async () => {
  const page = await at('/')
  const life = await page.context().newCDPSession(page)
  const sleep = (state) => life.send('Page.setWebLifecycleState', { state })
  await hide(page)
  await sleep('frozen')
  const ring = await press()
  await sleep('active')
  await hide(page, false)
  await page.locator('[data-ringing]').waitFor()
  await hide(page)
  await sleep('frozen')
  await answer(ring)
  await sleep('active')
  await hide(page, false)
  await page.locator('[data-ringing]').waitFor({ state: 'detached' })
  assert.equal(await rings(page), false)
  // Missed meanwhile: the first page says so once somebody looks.
  await hide(page)
  await press()
  await until(() => rings(page), () => 'it does not ring')
  await until(async () => !(await rings(page)), () => 'it rings for ever', 60_000)
  await hide(page, false)
  await page.locator('[data-part=missed] >> text=Somebody rang').waitFor()
  // Half a minute later their film is whole.
  await until(async () => {
    await page.reload()
    return (await page.locator('[data-part=missed]').innerText()).includes('kept with sound')
  }, () => 'there is no film with sound', 60_000)
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 860 })
    await page.screenshot({ path: `${shots}/ring-kept-${width}.png` })
  }
  const film = new URL(await page.getAttribute('[data-part=missed] a', 'href'), base).searchParams
  await page.click('[data-part=missed] a')
  await page.waitForFunction(() => document.querySelector('[data-video]')?.readyState >= 2)
  console.log(`film of the visitor: ${(Date.parse(film.get('to')) - Date.parse(film.get('from'))) / 1000} s`)
  await page.goto(`${base}/events?kind=message`)
  const kept = await page.locator('a.moment').first().getAttribute('href')
  assert.deepEqual([...new URL(kept, base).searchParams], [...film])
  await page.screenshot({ path: `${shots}/ring-message-390.png` })
  await page.goto(base)
  await page.click('[data-part=missed] button:has-text("Seen")')
  await page.locator('[data-part=missed] >> text=Somebody rang').waitFor({ state: 'detached' })
  await close(page)
})

test('the page of the camera says itself who rings, without a card over it', async () => {
  for (const [width, height] of [[390, 844], [1440, 900], [2560, 1440]]) {
    const own = await at('/cameras/1', { viewport: { width, height }, hasTouch: width < 700 })
    const other = await at('/', { viewport: { width, height }, hasTouch: width < 700 })
    const ring = await press()
    await own.locator('[data-part=ring] >> text=Somebody is at the door.').waitFor()
    await other.waitForFunction(() => document.querySelector('[data-ringing] video')?.readyState >= 2)
    assert.equal(await own.locator('[data-ringing]').count(), 0, `at ${width} px a card is over the page`)
    await until(async () => (await chimes(own)) === 1, () => 'it does not chime')
    await own.screenshot({ path: `${shots}/ring-own-${width}.png` })
    await other.screenshot({ path: `${shots}/ring-card-${width}.png` })
    for (const page of [own, other]) {
      for (const b of await page.locator('[data-ringing] .btn:visible, [data-part=ring] .btn:visible').all()) {
        assert.ok((await b.boundingBox()).height >= 44, 'a button is too small for a thumb')
      }
    }
    await own.click('[data-later]')
    await until(async () => (await chimes(own)) === 0, () => 'it chimes on')
    assert.equal(await own.locator('[data-later]').isVisible(), false)
    const before = await own.evaluate(() => performance.timeOrigin)
    await own.click('[data-part=ring] button:has-text("I am going")')
    await own.locator('[data-part=ring] >> text=Somebody of the house is going.').waitFor()
    assert.equal(await own.evaluate(() => performance.timeOrigin), before, 'the page was loaded anew')
    await other.locator('[data-ringing]').waitFor({ state: 'detached' })
    assert.equal((await answer(ring)).status, 409)
    for (const page of [own, other]) await close(page)
  }
})

test('a whole screen shows who rings at the camera that it shows', async () => {
  const page = await at('/cameras/1')
  await page.click('[data-do=full]')
  await page.waitForFunction(() => document.fullscreenElement)
  await press()
  await page.locator('[data-ringing] >> text=Somebody is at the door').waitFor()
  await page.click('[data-ringing] button:has-text("I am going")')
  await page.locator('[data-ringing]').waitFor({ state: 'detached' })
  await page.evaluate(() => document.exitFullscreen())
  await page.locator('[data-part=ring] >> text=Somebody of the house is going.').waitFor()
  await close(page)
})

test('a ring takes all of the window, and gives it back as it was', async () => {
  const page = await at('/cameras/1/edit', { viewport: { width: 844, height: 390 } })
  await page.fill('#name', 'Front door, half')
  let ring = await press()
  await page.locator('[data-ringing]').waitFor()
  for (const [width, height] of [[844, 390], [390, 844], [1440, 900]]) {
    await page.setViewportSize({ width, height })
    await page.waitForFunction(() => document.querySelector('[data-ringing] video')?.readyState >= 2)
    assert.deepEqual(await page.locator('[data-ringing]').boundingBox(), { x: 0, y: 0, width, height })
    const film = await page.locator('[data-ringing] .seen').boundingBox()
    assert.ok(film.height >= height / 2 && film.width >= width / 2, `at ${width} px the picture has ${film.width} x ${film.height}`)
    await page.screenshot({ path: `${shots}/ring-whole-${width}.png` })
    for (const b of await page.locator('[data-ringing] .btn').all()) {
      const { x, y, width: w, height: h } = await b.boundingBox()
      assert.ok(h >= 44 && x >= 0 && y >= 0 && x + w <= width && y + h <= height, `at ${width} px a button is out of reach`)
    }
  }
  // Whoever types just then presses nothing, and leads nowhere.
  await page.keyboard.type('way open ')
  await page.keyboard.press('Enter')
  assert.equal((await (await fetch(`${base}/api/v1/rings?limit=1`)).json()).rings[0].rings, true, 'a key answered')
  assert.equal(await page.locator('[data-ringing]').count(), 1)
  await page.keyboard.press('Escape')
  await page.locator('[data-ringing]').waitFor({ state: 'detached' })
  await until(async () => (await chimes(page)) === 0, () => 'it chimes on')
  await focused(page, 'name')
  await page.keyboard.type(' open')
  assert.equal(await page.inputValue('#name'), 'Front door, half open')
  // What was put off stays in reach as long as it rings.
  const bar = page.locator('.put-off', { hasText: 'Somebody is at the door' })
  assert.equal(await bar.locator('a').getAttribute('href'), `/cameras/1?ring=${ring.at}`)
  for (const [width, height] of [[390, 844], [1440, 900]]) {
    await page.setViewportSize({ width, height })
    await fits(page, `put off, ${width}`)
    await page.screenshot({ path: `${shots}/ring-put-off-${width}.png` })
    const { x, y, width: w, height: h } = await bar.boundingBox()
    const tabs = await page.locator('.tabs').boundingBox()
    assert.ok(x >= 0 && x + w <= width && y + h <= (tabs?.y ?? height), `at ${width} px the bar is out of reach`)
  }
  await answer(ring)
  await bar.waitFor({ state: 'detached' })
  // What is dragged or held goes on until it is let go.
  await page.mouse.move(700, 450)
  await page.mouse.down()
  ring = await press()
  await until(() => rings(page), () => 'it does not ring')
  assert.equal(await page.locator('[data-ringing]').count(), 0, 'a drag is cut off')
  await page.mouse.up()
  await page.locator('[data-ringing]').waitFor()
  await page.waitForFunction(() => document.querySelector('[data-ringing] video')?.readyState >= 2)
  const seen = []
  page.on('request', (r) => /picture\.mp4/.test(r.url()) && seen.push(r.url()))
  await until(() => seen.length >= 2, () => 'the picture stays as it was')
  await answer(ring)
  await page.locator('[data-ringing]').waitFor({ state: 'detached' })
  await page.waitForTimeout(1500) // one that was on its way comes
  const last = seen.length
  await page.waitForTimeout(2500)
  assert.equal(seen.length, last, 'pictures are asked for after it is over')
  // Two doors: the last is seen first, the other behind it.
  ring = await press()
  await page.locator('[data-ringing="1"]').waitFor()
  const other = await (await fetch(`${base}/api/v1/cameras/2/ring`, { method: 'POST', headers: json })).json()
  await page.locator('[data-ringing="2"]').waitFor()
  await page.locator('[data-ringing="2"] button:has-text("Not now")').click()
  await page.locator('[data-ringing="1"] button:has-text("I am going")').click()
  await page.locator('[data-ringing]').first().waitFor({ state: 'detached' })
  await page.goto(`${base}/settings`)
  await page.click('.put-off a')
  await page.waitForURL((url) => url.pathname === '/cameras/2')
  await page.locator('[data-part=ring] [data-answers]').first().waitFor()
  assert.equal(await page.locator('.put-off').count(), 0, 'the page of the camera says it twice')
  // Of another door it says that one put it off.
  ring = await press()
  await page.locator('[data-ringing="1"] button:has-text("Not now")').click()
  await page.locator('.put-off', { hasText: 'Front door' }).waitFor()
  await answer(ring)
  await page.locator('.put-off').waitFor({ state: 'detached' })
  await fetch(`${base}/api/v1/cameras/2/ring/answer`, { method: 'POST', headers: json, body: JSON.stringify({ at: other.at, who: 'Anna' }) })
  await close(page)
})

test('a message leads to who rings, and answers only if that was chosen', async () => {
  const page = await open(browser, phone)
  await page.context().addInitScript(spy)
  await page.context().addInitScript(() => {
    window.dates = [] // that its picture had, in their order
    new MutationObserver(() => {
      const stamp = document.querySelector('[data-stamp]')
      if (stamp && !stamp.hidden && stamp.dateTime) dates.push(Date.parse(stamp.dateTime))
    }).observe(document, { childList: true, subtree: true, attributes: true })
  })
  let posts = 0
  page.on('request', (r) => (posts += r.method() === 'POST' ? 1 : 0))
  let ring = await press()
  await page.goto(`${base}/cameras/1?ring=${ring.at}`)
  await page.locator('[data-part=ring] >> text=Somebody is at the door.').waitFor()
  await page.waitForFunction(() => document.querySelector('[data-video]')?.readyState >= 2)
  assert.equal(page.url(), `${base}/cameras/1`)
  // It begins shortly before the press, and goes on with what is live.
  await page.waitForFunction((at) => dates.some((shown) => shown < at && shown >= at - 6000), Date.parse(ring.at), { timeout: 10_000 })
    .catch(async () => assert.fail(`it does not begin shortly before ${ring.at}: ${await page.evaluate(() => dates.map((d) => new Date(d).toISOString()))}`))
  await page.screenshot({ path: `${shots}/ring-link-390.png` })
  await page.waitForFunction(() => document.querySelector('[data-do=live]').getAttribute('aria-pressed') === 'true')
  assert.equal(new URL(page.url()).searchParams.get('at'), null)
  assert.equal(posts, 0, 'to look changes something')
  // Who talks or answers sees at once what is there now.
  await page.goto(`${base}/cameras/1?ring=${ring.at}`)
  await page.waitForFunction(() => document.querySelector('[data-do=live]').textContent === 'Go live')
  await page.locator('[data-talk]').dispatchEvent('pointerdown')
  assert.notEqual(await page.textContent('[data-do=live]'), 'Go live')
  // To fetch the address changes nothing: the page does, once it is seen.
  await fetch(`${base}/cameras/1?ring=${ring.at}&answer=1`)
  const { rings: all } = await (await fetch(`${base}/api/v1/rings?limit=1`)).json()
  assert.equal(all[0].rings, true, 'it was answered by GET')
  await page.goto(`${base}/cameras/1?ring=${ring.at}&answer=1`)
  await page.locator('[data-part=ring] >> text=Somebody of the house is going.').waitFor()
  assert.equal(page.url(), `${base}/cameras/1`)
  assert.equal(posts, 1)
  await page.waitForTimeout(500)
  await page.screenshot({ path: `${shots}/ring-answered-390.png` })
  await page.reload()
  await hears(page)
  assert.equal(posts, 1, 'it is answered again')
  // Somebody else was faster.
  ring = await press()
  await answer(ring)
  await page.goto(`${base}/cameras/1?ring=${ring.at}&answer=1`)
  await page.locator('[data-part=ring] >> text=Anna is going.').waitFor()
  // A ring that is over is a film from where they came.
  await page.goto(`${base}/cameras/1?ring=${ring.at}`)
  await page.waitForFunction(() => document.querySelector('[data-video]')?.readyState >= 2)
  const film = Date.parse(new URL(page.url()).searchParams.get('at'))
  assert.ok(Math.abs(Date.parse(ring.at) - 5000 - film) <= 1000, `it begins at ${page.url()}`)
  page.may = /409/
  await close(page)
})
