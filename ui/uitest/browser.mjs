// What the browser tests share: how browsers are started, what must never
// happen on any page, and how one sees that a picture moves.
import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { chromium } from 'playwright-core'

export const base = process.env.STOOP_URL ?? 'http://127.0.0.1:8080'
export const shots = process.env.STOOP_SHOTS ?? 'screenshots'
export const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u05d0\u05d1 WW'

export const launch = ({ args = [], ...options } = {}) =>
  chromium.launch({
    ...options,
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required', ...args,
    ],
  })

/** Has a page of the program at home remember in page.faults what no page may do. */
export function watch(page, home) {
  page.faults = []
  const fault = (what) => page.faults.push(what)
  page.on('console', (m) => {
    // Said of a header that works over TLS, where pages come without it.
    if (m.text().startsWith('The Cross-Origin-Opener-Policy header has been ignored')) return
    if (/^(error|warn)/.test(m.type())) fault(`console: ${m.text()} ${m.location().url}`)
  })
  page.on('pageerror', (e) => fault(`script: ${e.stack}`))
  page.on('dialog', (d) => (fault(`dialog: ${d.message()}`), d.dismiss()))
  page.on('request', (r) => {
    const { protocol, origin } = new URL(r.url())
    if (!['blob:', 'data:'].includes(protocol) && origin !== new URL(home).origin) fault(`request to ${r.url()}`)
  })
}

/** In the page, before its own scripts: has what its policy forbids told where faults are seen. */
export const tellViolations = () =>
  addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`))

/** In the page: takes WebRTC away, so that it plays by fMP4. */
const withoutRTC = () => delete window.RTCPeerConnection

/**
 * Opens a page of the program at home, watched. It plays by fMP4, whose every
 * picture a story can follow, unless rtc is true.
 */
export async function open(browser, { home = base, rtc = false, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  const page = await context.newPage()
  watch(page, home)
  await page.addInitScript(tellViolations)
  if (!rtc) await context.addInitScript(withoutRTC) // its other windows, too
  return page
}

/** Closes a page that met no fault, but for those that page.may, a pattern, allows: they may come until it is closed. */
export async function close(page) {
  await page.context().close()
  assert.deepEqual(page.faults.filter((f) => !page.may?.test(f)), [])
}

/** Has the program or a camera stopped or started, such as 'program/stop'. */
export async function stage(what) {
  const res = await fetch(`${process.env.STOOP_STAGE}/${what}`, { method: 'POST' })
  assert.equal(res.status, 200, `${what}: ${await res.text()}`)
}

/** Runs look(page, shot) as phone and as desk, light and dark; nothing may stick out, nor as tablet or on a large screen. More is told to open(). */
export async function each(browser, look, schemes = ['light', 'dark'], home = base, more = {}) {
  await mkdir(shots, { recursive: true })
  for (const colorScheme of schemes) {
    for (const [width, height] of [[390, 844], [1440, 900]]) {
      const page = await open(browser, { home, viewport: { width, height }, colorScheme, hasTouch: width < 700, ...more })
      await look(page, async (name) => {
        await page.screenshot({ path: `${shots}/${name}-${width}-${colorScheme}.png` })
        await fits(page, name)
        if (width < 700 || colorScheme !== schemes[0]) return
        for (const size of [{ width: 820, height: 1180 }, { width: 2560, height: 1440 }, { width, height }]) {
          await page.setViewportSize(size)
          await fits(page, name)
        }
      })
      await close(page)
    }
  }
}

/** Nothing of the page sticks out of its window. */
export async function fits(page, name) {
  const [wide, width] = await page.evaluate(() => [document.documentElement.scrollWidth - innerWidth, innerWidth])
  assert.ok(wide <= 0, `${name} is ${wide} px too wide for ${width}`)
}

/** Waits until what has this id has the focus: a browser gives it to what asks for it when it paints, which may be after the load. */
export const focused = (page, id) =>
  page.waitForFunction((want) => document.activeElement?.id === want, id, { timeout: 5000 })
    .catch(async () => assert.fail(`the focus is on ${await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 80))}, not on #${id}`))

/** In the page: controls that a thumb would miss. */
export const small = () =>
  [...document.querySelectorAll('a, button, input:not([type=hidden], [type=checkbox], [type=radio]), select, textarea, summary, label:has([type=checkbox], [type=radio])')]
    .filter((e) => e.checkVisibility() && !e.matches('.skip, .hidden'))
    .map((e) => [e, e.getBoundingClientRect()])
    .filter(([, r]) => r.height > 0 && r.height < 43.5)
    .map(([e, r]) => `${e.outerHTML.slice(0, 80)} ${r.height}`)

/** In the page: where the video is, and a number for the picture that it shows, if it shows one. */
export const look = (selector) => {
  const video = document.querySelector(selector)
  if (!video) return { pictured: false }
  const canvas = document.createElement('canvas')
  canvas.width = 64
  canvas.height = 36
  const c = canvas.getContext('2d')
  c.drawImage(video, 0, 0, 64, 36)
  let hash = 0
  let light = 0
  for (const v of c.getImageData(0, 0, 64, 36).data) {
    hash = (hash * 31 + v) | 0
    light += v
  }
  // A video that still seeks has a time already and paints nothing yet.
  const { seeking, currentTime: time, paused, readyState, buffered } = video
  const until = buffered.length ? buffered.end(buffered.length - 1) : 0
  return { pictured: !seeking && light > 64 * 36 * 255, time, hash, paused, readyState, until }
}

/** Waits until the video shows a picture that is not black, and tells which. */
export const pictured = (page, selector) => showing(page, selector, () => true, 'no picture')

/** Waits until the video has moved on by two pictures that differ. */
export async function moves(page, selector) {
  let first = await pictured(page, selector)
  await showing(page, selector, (now) => {
    if (now.time < first.time) first = now // another stream, such as after a new connection
    return now.time > first.time + 0.6 && now.hash !== first.hash
  }, 'the picture does not change')
}

async function showing(page, selector, enough, what) {
  let now
  const shown = async () => (now = await page.evaluate(look, selector)).pictured && enough(now)
  await until(shown, () => `${what}: ${JSON.stringify(now)}`)
  return now
}

/** Waits until look() is true; what() tells what did not come. */
export async function until(look, what, ms = 30_000) {
  for (const end = Date.now() + ms; !(await look()); await new Promise((done) => setTimeout(done, 50))) {
    assert.ok(Date.now() < end, what())
  }
}

/** Opens the form for who knows the addresses of a camera's streams. */
export async function byHand(page) {
  await page.goto(`${base}/cameras/new`)
  await page.click('details:has([data-add]) > summary')
}

/** A stretch of footage of the camera that ends at least `rest` ms ago. */
export async function footage(camera, least = 8000) {
  for (let tries = 0; tries < 60; tries++) {
    const now = Date.now()
    const query = new URLSearchParams({ from: new Date(now - 3_600_000).toISOString(), to: new Date(now).toISOString() })
    const res = await fetch(`${base}/api/v1/cameras/${camera}/timeline?${query}`)
    const { footage } = await res.json()
    const last = footage?.at(-1)
    if (last && Date.parse(last.to) - Date.parse(last.from) >= least) return { from: Date.parse(last.from), to: Date.parse(last.to) }
    await new Promise((done) => setTimeout(done, 1000))
  }
  throw new Error(`camera ${camera} has no ${least} ms of footage after a minute`)
}

/** In the page: when each of the pictures was taken that stand side by side, by the playlists that they came with. */
export const taken = async () => {
  const lists = performance.getEntriesByType('resource').map((r) => r.name).filter((url) => url.includes('/playlist.m3u8?stream=sub&')) // the main one is tried where this has none
  window.known ??= {}
  return Promise.all([...document.querySelectorAll('[data-camera]')].map(async (link) => {
    const url = lists.findLast((url) => url.includes(`/cameras/${JSON.parse(link.dataset.camera).id}/`))
    const video = link.querySelector('video:not(.spare)')
    if (!url || !video.currentSrc.startsWith('blob:') || video.readyState < 2 || video.seeking || link.matches('[data-hold]')) return NaN
    const list = (window.known[url] ??= await (await fetch(url)).text())
    const at = video.currentTime
    let [from, start, when] = [0, 0, NaN]
    for (const line of list.split('\n')) {
      from = Date.parse(/^#EXT-X-PROGRAM-DATE-TIME:(.*)/.exec(line)?.[1]) || from
      const length = Number(/^#EXTINF:([\d.]+)/.exec(line)?.[1])
      if (!length) continue
      if (start <= at + 0.001) when = from + (at - start) * 1000
      from += length * 1000
      start += length
    }
    return when
  }))
}
