// Live is a promise: the picture is younger than three seconds, close to the
// newest, and anything else says of when it is.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { base, close, each, footage, launch, moves, open, stage, until } from './browser.mjs'

const urls = JSON.parse(process.env.STOOP_CAMERAS)
let browser
let door
before(async () => {
  browser = await launch()
  door = await add('Front door', { url: `${urls.visitor}/main`, sub_url: `${urls.visitor}/sub` })
  await footage(door, 6000)
})
after(() => browser.close())

const pause = (ms) => new Promise((done) => setTimeout(done, ms))

async function json(method, path, body) {
  const res = await fetch(base + path, { method, headers: { 'Content-Type': 'application/json' }, body: body && JSON.stringify(body) })
  assert.ok(res.ok, `${method} ${path}: ${await res.clone().text()}`)
  return res.json()
}

const add = async (name, input) => (await json('POST', '/api/v1/cameras', { name, ...input })).id

/** In the page: what it says of its picture. */
const said = () => {
  const film = document.querySelector('[data-film]')
  const stamp = film.querySelector('[data-stamp]')
  const badge = film.querySelector('[data-do=live]')
  return {
    live: badge.getAttribute('aria-pressed') === 'true',
    heard: /, Live$/.test(document.querySelector('[data-strip]').getAttribute('aria-valuetext')),
    dimmed: getComputedStyle(film.querySelector('video')).filter !== 'none',
    hidden: getComputedStyle(film.querySelector('video')).visibility === 'hidden',
    dated: !stamp.hidden && Date.parse(stamp.dateTime),
    words: film.querySelector('[data-notice]').hidden ? '' : film.querySelector('[data-notice]').textContent,
    quality: film.querySelector('[data-quality]').textContent,
  }
}

/** Waits until the page says live, or that it is not; fails unless that comes within the time. */
const says = (page, live, timeout) =>
  page.waitForFunction((want) => (document.querySelector('[data-do=live]').getAttribute('aria-pressed') === 'true') === want, live, { timeout, polling: 50 })

/** That nothing on the page takes an old picture for one of now. */
async function old(page, taken) {
  await page.waitForFunction(() => !/, Live$/.test(document.querySelector('[data-strip]').getAttribute('aria-valuetext')), null, { timeout: 3000 })
  let s
  await until(async () => (s = await page.evaluate(said)) && !s.live && !s.heard && s.dimmed, () => JSON.stringify(s), 3000)
  assert.ok(Math.abs(s.dated - taken) < 4000, `it is dated ${new Date(s.dated).toISOString()}, not ${new Date(taken).toISOString()}`)
  const one = await page.getAttribute('[data-strip]', 'aria-valuetext')
  await pause(1500)
  assert.equal(await page.getAttribute('[data-strip]', 'aria-valuetext'), one, 'a clock runs over an old picture')
}

test('what was before one came is not played: a picture of now is the first that moves', async () => {
  const page = await open(browser)
  await page.addInitScript(() => {
    // Where it begins to play, and what it has by then.
    addEventListener('play', ({ target: v }) => {
      if (v.matches('[data-video]') && v.buffered.length) window.began ??= { from: v.buffered.start(0), at: v.currentTime, to: v.buffered.end(v.buffered.length - 1) }
    }, true)
  })
  // A key frame comes every second: the later it is asked for after one, the more there is before.
  let key = 0
  let asked = 0
  await page.route('**/live.mp4*', async (route) => {
    await pause((1850 - ((Date.now() - key) % 1000)) % 1000)
    asked = Date.now()
    await route.continue()
  })
  // On a machine that is busy with other things more may come before it begins.
  for (let tries = 0, had = 0, behind = 0; had < 0.75 || behind >= 0.6; tries++) {
    assert.ok(tries < 10, `it begins ${behind} s behind, of ${had} s that were there before`)
    await page.goto(`${base}/cameras/${door}`)
    await page.waitForFunction(() => window.began)
    const { from, at, to } = await page.evaluate(() => window.began)
    console.log(`live: begins ${Math.round((to - at) * 1000)} ms behind, of ${Math.round((to - from) * 1000)} ms that were there`)
    had = to - from
    behind = to - at
    key = asked - had * 1000
  }
  await close(page)
})

test('live is less than a second behind, and does not stall', async () => {
  const page = await open(browser)
  await page.goto(`${base}/cameras/${door}`)
  await moves(page, '[data-video]')
  await says(page, true, 10_000)
  // On a machine that is busy with other things it takes a while to come near.
  let near
  for (let tries = 0; !(near?.behind < 0.9 && near.waits === 0); tries++) {
    assert.ok(tries < 40, `${near?.behind} s behind, ${near?.waits} stalls`)
    near = await page.evaluate(async () => {
      const video = document.querySelector('[data-video]')
      const all = []
      let waits = 0
      video.addEventListener('waiting', () => waits++)
      for (let i = 0; i < 40; i++) {
        all.push(video.buffered.end(video.buffered.length - 1) - video.currentTime)
        await new Promise((done) => setTimeout(done, 50))
      }
      return { behind: all.sort((a, b) => a - b)[20], waits }
    })
  }
  console.log(`live: ${Math.round(near.behind * 1000)} ms behind, ${near.waits} stalls in 2 s`)
  await close(page)
})

test('a camera that is killed is not live three seconds later, here and on the home page, and is again when it is back', async () => {
  const page = await open(browser)
  const home = await open(browser)
  await page.goto(`${base}/cameras/${door}`)
  await home.goto(base)
  await says(page, true, 20_000)
  await home.locator('[data-on-air]:visible').waitFor()
  await stage('visitor/stop')
  const killed = Date.now()
  await says(page, false, 5000)
  await home.locator('[data-on-air]').waitFor({ state: 'hidden' })
  assert.ok(Date.now() - killed < 5000)
  await old(page, killed)
  assert.notEqual((await page.evaluate(said)).words, '')
  const tile = await home.evaluate(() => {
    const t = document.querySelector('[data-tile]')
    return { filter: getComputedStyle(t.querySelector('video')).filter, dated: Date.parse(t.querySelector('[data-taken]:not([hidden])')?.dateTime) }
  })
  assert.notEqual(tile.filter, 'none')
  assert.ok(Math.abs(tile.dated - killed) < 4000, `the tile is dated ${tile.dated}, not ${killed}`)
  await each(browser, async (page, shot) => {
    await page.goto(`${base}/cameras/${door}`)
    await pause(1000)
    let s
    await until(async () => (s = await page.evaluate(said)) && !s.live && s.dimmed && Math.abs(s.dated - killed) < 5000, () => JSON.stringify(s))
    await shot('not-live')
    await page.goto(base)
    await pause(500)
    await shot('not-live-home')
    page.may = /./
  }, ['light'])
  await stage('visitor/start')
  await says(page, true, 40_000)
  await home.locator('[data-on-air]:visible').waitFor({ timeout: 40_000 })
  await until(async () => !(await page.evaluate(said)).dimmed, () => 'a live picture is dimmed')
  for (const p of [page, home]) {
    p.may = /503/
    await close(p)
  }
})

test('while a hand drags the timeline, the picture of before is not live', async () => {
  const page = await open(browser)
  await page.goto(`${base}/cameras/${door}?zoom=1h`)
  await says(page, true, 20_000)
  const box = await page.locator('[data-strip]').boundingBox()
  await page.mouse.move(box.x + 500, box.y + 70)
  const taken = Date.now()
  await page.mouse.down()
  await page.mouse.move(box.x + 700, box.y + 70, { steps: 5 })
  await old(page, taken)
  await page.mouse.up()
  await page.click('[data-do=live]')
  await says(page, true, 20_000)
  page.may = /404/ // nothing was recorded where the hand let go
  await close(page)
})

test('a gap shows no picture, with script and without', async () => {
  const at = new Date(Date.now() - 3 * 3_600_000).toISOString()
  for (const javaScriptEnabled of [true, false]) {
    const page = await open(browser, { javaScriptEnabled })
    await page.goto(`${base}/cameras/${door}?at=${at}`)
    await page.locator('[data-notice]:visible', { hasText: 'Nothing is recorded here' }).waitFor()
    await pause(1000)
    assert.match(await page.textContent('[data-notice]'), /Nothing is recorded here/)
    const shown = await page.evaluate(() => {
      const v = document.querySelector('[data-video]')
      return v.readyState >= 2 && getComputedStyle(v).visibility !== 'hidden'
    })
    assert.equal(shown, false, 'a picture of another time is shown')
    page.may = /404/
    await close(page)
  }
})

test('a connection that is too slow takes the small stream and says so', async () => {
  const page = await open(browser)
  await page.goto(`${process.env.STOOP_LINK}/cameras/${door}`)
  await says(page, true, 20_000)
  await stage('link/start')
  await says(page, false, 60_000)
  await page.waitForFunction(() => /^Small · \d+p · slow connection$/.test(document.querySelector('[data-quality]').textContent), null, { timeout: 40_000 })
  await page.waitForFunction(() => /too slow/.test(document.querySelector('[data-notice]').textContent))
  await says(page, true, 40_000)
  await stage('link/stop')
  page.may = /^request to/ // by way of the link
  await close(page)
})

test('a microphone that is turned off takes neither what is live nor the film with it', async () => {
  await stage('microphone/stop')
  const off = Date.now()
  let to
  await until(async () => (to = (await footage(door)).to) > off + 9000, () => `film of ${to - off} ms`)
  for (const direct of [true, false]) {
    const page = await open(browser)
    if (!direct) await page.addInitScript(() => delete window.RTCPeerConnection)
    await page.goto(`${base}/cameras/${door}`)
    await says(page, true, 20_000)
    await moves(page, '[data-video]')
    await page.goto(`${base}/cameras/${door}?at=${new Date(off + 4000).toISOString()}`)
    await page.waitForFunction((at) => Date.parse(document.querySelector('[data-stamp]').dateTime) >= at, off + 7000)
    await moves(page, '[data-video]')
    await close(page)
  }
  await stage('microphone/start')
})

test('a wrong password leaves the last picture, with its date', async () => {
  const page = await open(browser)
  await page.goto(`${base}/cameras/${door}`)
  await says(page, true, 20_000)
  const left = Date.now()
  await json('PATCH', `/api/v1/cameras/${door}`, { url: `${urls.locked}/main`, sub_url: `${urls.locked}/main`, user: 'admin', password: 'wrong' })
  await says(page, false, 10_000)
  await page.locator('[data-part=trouble] .trouble').waitFor()
  await old(page, left)
  await page.reload()
  await page.waitForFunction(() => !document.querySelector('[data-stamp]').hidden)
  await pause(1500)
  await old(page, left)
  page.may = /404|503/
  await close(page)
})
