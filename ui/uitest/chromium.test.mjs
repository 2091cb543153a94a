import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { base, byHand, close, each, fits, footage, hostile, launch, moves, open, pictured, shots, small, taken, until } from './browser.mjs'

let browser
before(async () => {
  browser = await launch()
  await Promise.all([footage(1), footage(2)]) // a picture that is not there yet is a 404, which the browser tells as an error
})
after(() => browser.close())

const instant = (ms) => new Date(ms).toISOString()
const shown = (page) => page.evaluate(() => Date.parse(document.querySelector('[data-stamp]').dateTime))
const speech = (page) => page.getAttribute('[data-strip]', 'aria-valuetext')

/** Waits until the strip is drawn and takes keys: then it says where it is. */
const spoken = (page) => page.waitForFunction(() => document.querySelector('[data-strip]').getAttribute('aria-valuetext'))

/** Seeks as a link of the day's list does; returns the ms until the first picture. */
const seekTook = (page, at) =>
  page.evaluate(async (at) => {
    performance.clearMeasures()
    const link = document.createElement('a')
    link.dataset.seek = new Date(at).toISOString()
    document.body.append(link)
    link.click()
    link.remove()
    for (let wait = 0; wait < 3000; wait++) {
      const m = performance.getEntriesByName('stoop:seek', 'measure').at(-1)
      if (m) return Math.round(m.duration)
      await new Promise((done) => setTimeout(done, 10))
    }
    return Infinity
  }, at)

/**
 * Waits until the machine has time for pictures, half a minute at most: on
 * cores that other programs hold, a figure says nothing about the pages.
 */
async function calm(page) {
  for (let tries = 0; tries < 30; tries++) {
    const slow = await page.evaluate(async () => {
      let worst = 0
      let last = performance.now()
      for (let i = 0; i < 60; i++) {
        const now = await new Promise(requestAnimationFrame)
        worst = Math.max(worst, now - last)
        last = now
      }
      return worst
    })
    if (slow < 60) return
  }
}

test('home plays every camera that is seen', async () => {
  const page = await open(browser)
  await page.goto(base)
  await page.locator('[data-on-air]:visible').first().waitFor()
  await moves(page, '[data-tile] video')
  await page.waitForFunction(() => /^Recording \d+ of \d+$/.test(document.querySelector('[data-part=foot]').textContent))
  await close(page)
})

test('a camera is live, and pausing it makes it a moment of the past', async () => {
  const page = await open(browser)
  await page.goto(`${base}/cameras/1`)
  await moves(page, '[data-video]')
  await page.waitForFunction(() => /, Live$/.test(document.querySelector('[data-strip]').getAttribute('aria-valuetext')))
  await footage(1)
  await page.click('[data-do=play]')
  await page.waitForFunction(() => !document.querySelector('[data-stamp]').hidden && document.querySelector('[data-video]').paused)
  await page.click('[data-do=live]')
  await page.waitForFunction(() => document.querySelector('[data-stamp]').hidden)
  await moves(page, '[data-video]')
  const still = () => page.waitForFunction(() => document.querySelector('[data-video]').paused)
  await page.focus('[data-zoom="1h"]')
  await page.keyboard.press('k')
  assert.equal(await page.evaluate(() => document.querySelector('[data-video]').paused), false, 'a letter anywhere on the page paused it')
  await page.focus('[data-film]')
  await page.keyboard.press('k')
  await still()
  await close(page)
})

test('an address shows the moment that it names', async () => {
  const { from, to } = await footage(1, 15_000)
  const at = from + (to - from) / 3
  const page = await open(browser, { timezoneId: 'America/St_Johns' })
  await page.goto(`${base}/cameras/1?at=${instant(at)}&zoom=1h`)
  // Paused in the page, where the film does not run on until a click arrives.
  await page.waitForFunction(() => performance.getEntriesByName('stoop:seek', 'measure').length > 0 && (document.querySelector('[data-do=play]').click(), true))
  const off = (await shown(page)) - at
  assert.ok(off > -1500 && off < 4000, `it shows ${off} ms beside what was asked for`)
  const local = new Intl.DateTimeFormat('en-US', { hour: 'numeric', minute: '2-digit', timeZone: 'America/St_Johns' })
  // The minute of what is shown, which may be the one after that of what was asked for.
  const stamp = await page.evaluate(() => (({ dateTime, textContent }) => ({ dateTime, textContent }))(document.querySelector('[data-stamp]')))
  assert.ok(stamp.textContent.includes(local.format(Date.parse(stamp.dateTime)).split(' ')[0]), 'not in the zone of the viewer')
  await pictured(page, '[data-video]')
  await close(page)
})

test('clocks are those of the region: on pages, in what scripts write, and on the timeline', async () => {
  const { from, to } = await footage(1, 15_000)
  await until(async () => /class="[^"]*\bmoment\b/.test(await (await fetch(`${base}/events`)).text()), () => 'nothing happened yet', 90_000) // else it tells no time
  for (const [locale, good, bad] of [
    ['en-US', /\d:\d\d(:\d\d)?\s[AP]M/, /\b([01]\d|2[0-3]):\d\d(?!:?\d*\s[AP]M)/],
    ['en-GB', /\b\d\d:\d\d/, /\d\s?[AP]M\b/],
  ]) {
    const page = await open(browser, { locale, viewport: { width: 390, height: 844 } })
    await page.addInitScript(() => {
      window.drawn = []
      const draw = CanvasRenderingContext2D.prototype.fillText
      CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
        if (/\d:\d\d/.test(text)) window.drawn.push(text)
        return draw.call(this, text, ...rest)
      }
    })
    const says = async () => {
      const text = (await page.evaluate(() => `${document.body.innerText}\n${document.body.textContent}`)).replaceAll(/UTC[+-]\d\d:\d\d|\d:\d\d(?=\s*–\s*\d+:\d\d\s[AP]M)/g, '')
      assert.match(text, good, locale)
      assert.doesNotMatch(text, bad, locale)
    }
    for (const path of ['/', '/events', `/cameras/1?at=${instant((from + to) / 2)}&zoom=1h`]) {
      await page.goto(base + path)
      await page.waitForFunction(() => document.querySelector('time[data-form]'))
      await says()
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, `${path} is too wide`)
    }
    await spoken(page)
    assert.match(await speech(page), good)
    // The playhead's time has seconds, the labels have none.
    await page.waitForFunction(() => window.drawn.some((t) => /\d:\d\d:\d\d/.test(t)) && window.drawn.some((t) => !/\d:\d\d:\d\d/.test(t)))
    for (const text of await page.evaluate(() => window.drawn)) {
      assert.match(text, good)
      assert.doesNotMatch(text, bad)
    }
    assert.match(await page.inputValue('#clip-from'), /T\d\d:\d\d/) // what a field holds has one form
    await close(page)
  }
})

test('a day is one of the viewer, for script and server', async () => {
  const at = Date.now() - 5000
  // Where it is another day now than at UTC, and goes on to be.
  const timezoneId = new Date(at).getUTCHours() < 10 ? 'Pacific/Pago_Pago' : 'Pacific/Kiritimati'
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: timezoneId, dateStyle: 'short' }).format(at)
  const page = await open(browser, { timezoneId })
  await page.goto(`${base}/cameras/1?at=${instant(at)}`)
  await page.waitForFunction((day) => document.querySelector('#date').value === day, day)
  await page.locator('[data-to-day]').first().click()
  await page.waitForFunction((day) => document.querySelector('#date').value < day, day)
  await page.goto(`${base}/cameras/1?day=${day}`) // as the form does it without script
  assert.equal(await page.inputValue('#date'), day)
  page.may = /404 / // nothing was recorded at midnight
  await close(page)
})

// The goal is 250 ms, 19 times of 20, and `make bench` holds the pages to it. A
// machine that tests other things at the same time says nothing about a figure:
// there, each seek only has to come to an end.
const seekGoal = process.env.STOOP_BENCH ? 250 : 30_000

test(`a seek shows its first picture within ${seekGoal} ms, 19 times of 20`, async () => {
  const { from, to } = await footage(1, 20_000)
  const page = await open(browser)
  await page.goto(`${base}/cameras/1?at=${instant(from + 2000)}&zoom=1h`)
  await page.waitForFunction(() => performance.getEntriesByName('stoop:seek', 'measure').length > 0)
  await calm(page)
  const took = []
  for (let i = 0; i < 20; i++) {
    took.push(await seekTook(page, from + 500 + ((to - from - 3000) * ((i * 7) % 20)) / 20))
  }
  took.sort((a, b) => a - b)
  console.log(`seek to first picture, ms: ${took.join(' ')}`)
  assert.ok(took[18] <= seekGoal, `p95 is ${took[18]} ms`)
  await close(page)
})

test('a step shows the next picture, or the one before', async () => {
  const { from, to } = await footage(1, 10_000)
  const page = await open(browser, { viewport: { width: 390, height: 844 }, hasTouch: true })
  await page.goto(`${base}/cameras/1?at=${instant(from + (to - from) / 2)}&zoom=1h`)
  await page.waitForFunction(() => performance.getEntriesByName('stoop:seek', 'measure').length > 0)
  await spoken(page)
  await page.click('[data-do=play]')
  await page.locator('[data-do=later]').waitFor()
  assert.deepEqual(await page.evaluate(small), [])
  await fits(page, 'a picture that stands still')
  await page.evaluate(() => {
    const video = document.querySelector('[data-video]')
    const note = (_, picture) => {
      if (shown.at(-1) !== picture.mediaTime) shown.push(picture.mediaTime)
      video.requestVideoFrameCallback(note)
    }
    window.shown = []
    video.requestVideoFrameCallback(note)
  })
  // On by its button, back by the key: each finds its picture in a way of its own.
  const named = () => Date.parse(new URL(page.url()).searchParams.get('at'))
  for (let n = 2; n <= 5; n++) {
    const before = n > 2 ? named() : NaN // which it names to the second until the first step
    await page.click('[data-do=later]')
    await page.waitForFunction((n) => shown.length === n, n).catch(async () => assert.fail(`${n}: ${await page.evaluate(() => shown)}`))
    await until(() => named() !== before, () => `the address stays at ${page.url()}`)
    assert.ok(n === 2 || (named() > before && named() < before + 500), `the address goes from ${before} to ${named()}`)
  }
  await page.focus('[data-film]')
  for (let n = 6; n <= 9; n++) {
    await page.keyboard.press(',')
    await page.waitForFunction((n) => shown.length === n, n).catch(async () => assert.fail(`${n}: ${await page.evaluate(() => shown)}`))
  }
  const all = await page.evaluate(() => shown)
  assert.deepEqual(all.slice(4), all.slice(0, 5).reverse())
  for (let n = 1; n < 5; n++) assert.ok(all[n] > all[n - 1] && all[n] < all[n - 1] + 0.5, `${all}`)
  assert.equal(await page.getAttribute('[data-film]', 'data-play'), 'paused')
  await page.screenshot({ path: `${shots}/step-390.png` })
  // Who plays on sees no such buttons.
  await page.click('[data-do=play]')
  await page.locator('[data-do=later]').waitFor({ state: 'hidden' })
  await close(page)
})

test('the timeline moves by hand, wheel and keys', async () => {
  const { from, to } = await footage(1)
  const page = await open(browser)
  await page.goto(`${base}/cameras/1?at=${instant((from + to) / 2)}&zoom=1h`)
  await spoken(page)
  await page.waitForTimeout(500)
  const strip = page.locator('[data-strip]')
  const box = await strip.boundingBox()
  await strip.focus()
  const one = await speech(page)
  await page.keyboard.press('PageUp')
  await page.waitForFunction((old) => document.querySelector('[data-strip]').getAttribute('aria-valuetext') !== old, one)
  await page.keyboard.press('-')
  assert.equal(await page.locator('[data-zoom][aria-pressed=true]').count(), 0)
  await page.click('[data-zoom="24h"]')
  assert.equal(await page.getAttribute('[data-zoom="24h"]', 'aria-pressed'), 'true')
  await page.mouse.move(box.x + 200, box.y + 60)
  await page.mouse.wheel(0, 300)
  await page.waitForFunction(() => scrollY > 0) // who passes by scrolls the page
  assert.equal(await page.getAttribute('[data-zoom="24h"]', 'aria-pressed'), 'true')
  await strip.focus()
  await page.waitForFunction(() => (scrollTo(0, 0), scrollY === 0), null, { polling: 300 }) // the wheel's scrolling may go on
  await page.mouse.wheel(0, 300)
  await page.locator('[data-zoom="24h"][aria-pressed=false]').waitFor()
  const two = await speech(page)
  await page.mouse.down()
  const frames = page.evaluate(
    () => new Promise((done) => {
      let n = 0
      const begun = performance.now()
      const next = () => (n++, performance.now() - begun < 1000 ? requestAnimationFrame(next) : done(n))
      requestAnimationFrame(next)
    }),
  )
  for (let i = 0; i < 60; i++) await page.mouse.move(box.x + 200 + i * 5, box.y + 60)
  await page.mouse.up()
  console.log(`frames in a second of dragging: ${await frames}`)
  await page.waitForFunction((old) => document.querySelector('[data-strip]').getAttribute('aria-valuetext') !== old, two)
  await close(page)
})

/** In the page: the colors of the strip's foot at those places, of the line that says what was recorded. */
function feet(places) {
  const canvas = document.querySelector('[data-canvas]')
  const scale = canvas.width / canvas.getBoundingClientRect().width
  const ground = getComputedStyle(document.documentElement).getPropertyValue('--card').trim()
  const c = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  return places.map((x) => {
    c.fillStyle = ground
    c.fillRect(0, 0, 1, 1)
    c.drawImage(canvas, Math.round(x * scale), Math.round(106 * scale), 1, 1, 0, 0, 1, 1)
    return [...c.getImageData(0, 0, 1, 1).data.slice(0, 3)]
  })
}

/** The contrast of two colors, WCAG 2.2. */
function contrast(...colors) {
  const [a, b] = colors.map((c) => {
    const [r, g, b] = c.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  })
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
}

test('what was recorded stands out on the strip, and is said to who does not see it', async () => {
  const { from, to } = await footage(1, 15_000)
  for (const colorScheme of ['light', 'dark']) {
    const page = await open(browser, { colorScheme })
    await page.goto(`${base}/cameras/1?at=${instant((from + to) / 2)}&zoom=1h`)
    const strip = page.locator('[data-strip]')
    await page.waitForFunction(() => /, Recorded$/i.test(document.querySelector('[data-strip]').getAttribute('aria-valuetext') ?? ''))
    await strip.focus()
    for (let i = 0; i < 8; i++) await page.keyboard.press('+') // five minutes
    const { width } = await strip.boundingBox()
    const places = [width - 3, ...[6, 20, 40].map((px) => width * 0.72 - px)] // still to come, and up to 15 s ago
    let worst
    const stands = async () => {
      const [none, ...some] = await page.evaluate(feet, places)
      return (worst = Math.max(...some.map((c) => contrast(none, c)))) >= 3
    }
    await until(stands, () => `${colorScheme}: recorded against not is ${worst?.toFixed(2)}:1`)
    console.log(`${colorScheme}: recorded against not is ${worst.toFixed(2)}:1`)
    const said = await strip.evaluate((e) => Object.fromEntries([...e.attributes].map((a) => [a.name, a.value])))
    assert.deepEqual([said.role, said.tabindex, Boolean(said['aria-label'])], ['slider', '0', true])
    const [least, now, most] = ['min', 'now', 'max'].map((k) => Number(said[`aria-value${k}`]))
    assert.ok(least <= now && now <= most && most > 80_000, `${least} ${now} ${most}`)
    await page.keyboard.press('ArrowLeft')
    await page.waitForFunction((old) => document.querySelector('[data-strip]').getAttribute('aria-valuetext') !== old, said['aria-valuetext'])
    await close(page)
  }
})

test('the picture is looked at more closely', async () => {
  const { from, to } = await footage(1, 15_000)
  const page = await open(browser)
  await page.goto(`${base}/cameras/1?at=${instant((from + to) / 2)}&zoom=1h`)
  await spoken(page)
  await page.waitForFunction(() => document.querySelector('[data-video]').readyState >= 2)
  const film = page.locator('[data-film]')
  const seen = () => page.evaluate(() => {
    const [v, f] = ['[data-video]', '[data-film]'].map((s) => document.querySelector(s).getBoundingClientRect())
    return { scale: v.width / f.width, left: v.left - f.left, right: v.right - f.right, top: v.top - f.top }
  })
  const { x, y, width, height } = await film.boundingBox()
  await page.mouse.move(x + width / 4, y + height / 4)
  await page.mouse.wheel(0, 200)
  await page.waitForFunction(() => scrollY > 0) // who passes by scrolls the page
  assert.equal((await seen()).scale, 1)
  await page.waitForFunction(() => (scrollTo(0, 0), scrollY === 0), null, { polling: 300 })
  await page.waitForTimeout(300)
  await page.mouse.dblclick(x + width / 4, y + height / 4)
  let now = await seen()
  assert.ok(Math.abs(now.scale - 2.5) < 0.01, `it is ${now.scale} as large`)
  // What was under the hand still is.
  assert.ok(Math.abs(width / 4 - now.left - (width / 4) * 2.5) < 3 && Math.abs(height / 4 - now.top - (height / 4) * 2.5) < 3, JSON.stringify(now))
  await page.mouse.move(x + width / 2, y + height / 3)
  await page.mouse.down()
  await page.mouse.move(x + width * 2, y + height / 3, { steps: 4 })
  await page.mouse.up()
  assert.ok(Math.abs((await seen()).left) < 1, 'it goes no further than its edge')
  const scaled = (least, most) => page.waitForFunction(([least, most]) => {
    const [v, f] = ['[data-video]', '[data-film]'].map((s) => document.querySelector(s).getBoundingClientRect().width)
    return v / f >= least && v / f <= most
  }, [least, most])
  await page.mouse.move(x + width / 2, y + height / 3)
  await page.mouse.wheel(0, -300)
  await scaled(2.6, 8)
  await film.focus()
  for (let i = 0; i < 9; i++) await page.keyboard.press('+')
  await scaled(7.99, 8.01)
  await page.keyboard.press('0')
  await scaled(1, 1)
  const at = () => page.evaluate(() => Date.parse(document.querySelector('[data-stamp]').dateTime))
  await page.keyboard.press(' ') // it stands
  await page.waitForFunction(() => document.querySelector('[data-video]').paused)
  const before = await at()
  await page.keyboard.press('ArrowLeft')
  await page.waitForFunction((want) => Math.abs(Date.parse(document.querySelector('[data-stamp]').dateTime) - want) < 1500, before - 10_000)
  await close(page)
})

test('a hand that moves over the strip sees what was recorded there', async () => {
  const { from, to } = await footage(1, 30_000)
  const page = await open(browser)
  await page.goto(`${base}/cameras/1?zoom=1h`)
  await page.waitForFunction(() => document.querySelector('[data-do=live]').getAttribute('aria-pressed') === 'true')
  const strip = page.locator('[data-strip]')
  await strip.focus()
  for (let i = 0; i < 8; i++) await page.keyboard.press('+') // five minutes
  const asked = []
  page.on('request', (r) => asked.push(r.url()))
  const { x, y, width } = await strip.boundingBox()
  const along = width / 300_000 // px a ms
  await page.mouse.move(x + 200, y + 60)
  const pressed = await shown(page) // live pictures may come late
  await page.mouse.down()
  const looks = () => page.evaluate(() => {
    const v = document.querySelector('[data-storyboard]')
    const c = new OffscreenCanvas(32, 18).getContext('2d')
    c.drawImage(v, 0, 0, 32, 18)
    return { seen: v.checkVisibility({ visibilityProperty: true }), look: String(c.getImageData(0, 0, 32, 18).data), stamp: Date.parse(document.querySelector('[data-stamp]').dateTime) }
  })
  const all = new Set()
  for (let k = 0, last = Infinity; k <= 12; k++) {
    const at = to - 4000 - ((to - from - 8000) * k) / 12
    await page.mouse.move(x + 200 + (pressed - at) * along, y + 60)
    const drawn = (last) => !document.querySelector('[data-storyboard]').hidden && Date.parse(document.querySelector('[data-stamp]').dateTime) < last
    await page.waitForFunction(drawn, Number.isFinite(last) ? last : 8e15)
    const { seen, look, stamp } = await looks()
    assert.ok(seen)
    assert.ok(Math.abs(stamp - at) < 6000, `${stamp - at} ms beside the hand`)
    last = stamp
    all.add(look)
  }
  assert.ok(all.size > 5, `of 13 places ${all.size} have a picture of their own`)
  assert.deepEqual(asked.filter((a) => /segments|playlist|picture/.test(a)), [], 'more than the storyboard was fetched')
  const took = (await page.evaluate(() => performance.getEntriesByName('stoop:storyboard').map((e) => e.duration))).sort((a, b) => a - b)
  console.log(`under the hand after, ms: ${took.map(Math.round).join(' ')}`)
  await page.screenshot({ path: `${shots}/drag-1440-light.png` })
  await page.mouse.up()
  await page.waitForFunction(() => document.querySelector('[data-storyboard]').hidden && document.querySelector('[data-video]').readyState >= 2)
  await moves(page, '[data-video]')
  // A mouse that only points sees it beside the time.
  await page.mouse.move(x + width * 0.72 - 2, y + 60)
  await page.locator('[data-tip]:visible [data-tip-picture]:visible').waitFor()
  await page.mouse.move(x + 20, y + 60)
  await page.locator('[data-tip]', { hasText: 'nothing recorded' }).waitFor()
  assert.equal(await page.locator('[data-tip-picture]:visible').count(), 0, 'there is no picture of what was not recorded')
  await close(page)
})

test('a hostile name is only a name, and what it lacks has its reason', async () => {
  const page = await open(browser)
  await byHand(page)
  await page.fill('[name=name]', hostile)
  await page.fill('[name=url]', 'rtsp://127.0.0.1:9/nothing')
  await page.fill('[name=user]', 'admin')
  await page.fill('[name=password]', 'canary')
  await page.click('[value=test]')
  await page.locator('.answer.bad:has(b)').waitFor()
  assert.equal(await page.inputValue('[name=password]'), 'canary')
  await page.click('[value=add]')
  await page.waitForURL(/cameras\/\d+$/)
  assert.equal((await page.textContent('h1')).trim(), hostile.trim().replace(/\s+/g, ' '))
  const camera = page.url().split('/').at(-1)
  await page.locator('[data-part=trouble] .trouble').waitFor()

  // The gap is hatched where the film would be, and says why.
  await page.click('[data-zoom="1h"]')
  await page.waitForTimeout(4000)
  await page.reload()
  await spoken(page)
  const strip = page.locator('[data-strip]')
  const box = await strip.boundingBox()
  for (let i = 0; i < 12; i++) {
    await page.mouse.move(box.x + 300, box.y + 70)
    await page.keyboard.down('Control')
    await page.mouse.wheel(0, -100)
    await page.keyboard.up('Control')
  }
  await page.waitForTimeout(1500)
  const head = box.width * 0.72
  let y = 90
  await until(async () => { // it is said to a hand that moves once it is known
    await page.mouse.move(box.x + head - 6, box.y + (y = 181 - y))
    return /did not answer|refused|Connecting/.test(await page.textContent('[data-tip]'))
  }, () => 'the hatching does not say why')
  assert.ok(await page.locator('.gaps .hatch').count() > 0, 'the list has no gap')
  const edges = () => page.evaluate((head) => {
    const canvas = document.querySelector('[data-canvas]')
    const scale = canvas.width / canvas.getBoundingClientRect().width
    const row = canvas.getContext('2d').getImageData((head - 24) * scale, 40 * scale, 20 * scale, 1).data
    let n = 0
    for (let i = 4; i < row.length; i += 4) if (Math.abs(row[i] - row[i - 4]) > 8) n++
    return n
  }, head)
  let seen
  await until(async () => (seen = await edges()) >= 2, () => `${seen} edges where the hatching is`)

  for (const path of ['/', `/cameras/${camera}`, `/cameras/${camera}/remove`, '/cameras/new', '/settings']) {
    await page.goto(base + path)
    await page.waitForTimeout(500)
    assert.equal(await page.locator('img, script:not([src])').count(), 0, `${path}: the name became markup`)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    assert.ok(wide <= 0, `${path} is ${wide} px too wide`)
  }
  // The browser reports an unplayable live stream and an empty picture; those are this camera's nature.
  page.may = /Failed to load resource/
  await page.goto(`${base}/cameras/${camera}/remove`)
  await page.click('button.danger')
  await page.waitForURL(`${base}/`)
  page.may = /Failed to load resource/
  await close(page)
})

test('without script: pictures, the list, a clip and its download', async () => {
  await footage(1, 10_000)
  const page = await open(browser, { javaScriptEnabled: false })
  await page.goto(base)
  assert.equal(await page.locator('[data-tile]').first().isVisible(), true)
  await page.goto(`${base}/cameras/1`)
  assert.equal(await page.locator('[data-controls], [data-line]').locator('visible=true').count(), 0, 'dead controls are shown')
  await page.locator('details.hour summary').first().click()
  const download = await page.locator('details.hour a[download]').first().getAttribute('href')
  const bytes = await fetch(base + download)
  assert.equal(bytes.status, 200)
  assert.equal(bytes.headers.get('Content-Type')?.split(';')[0], 'video/mp4')
  assert.ok((await bytes.arrayBuffer()).byteLength > 10_000)
  await page.locator('details.hour a.btn').first().click()
  await page.locator('[data-video][controls]').waitFor()
  for (let i = 0; (await page.evaluate(() => document.querySelector('[data-video]').readyState)) < 2; i++) {
    assert.ok(i < 150, 'the clip does not load')
    await page.waitForTimeout(200)
  }
  await close(page)
})

test('a clip is chosen on the timeline', async () => {
  const { from, to } = await footage(1, 10_000)
  const page = await open(browser)
  await page.goto(`${base}/cameras/1?at=${instant((from + to) / 2)}`)
  await page.waitForFunction(() => performance.getEntriesByName('stoop:seek', 'measure').length > 0)
  await page.click('[data-clip] summary')
  const link = page.locator('[data-download]')
  const form = (want) =>
    page.waitForFunction((want) => new URL(document.querySelector('[data-download]').href).searchParams.get('form') === want, want)
  await form('progressive')
  // How much it takes is said before, and is so.
  await page.waitForFunction(() => / MB$/.test(document.querySelector('[data-length]').textContent))
  const whole = await fetch(await link.evaluate((a) => a.href))
  const told = Number.parseFloat((await page.textContent('[data-length]')).split(', ')[1])
  assert.ok(Math.abs((await whole.arrayBuffer()).byteLength / 1e6 - told) < 0.1 * told, `it said ${told} MB`)
  await page.check('#clip-silent')
  await form('silent')
  const silent = await fetch(await link.evaluate((a) => a.href))
  assert.ok(silent.ok && !Buffer.from(await silent.arrayBuffer()).includes('mp4a'), 'there is sound')
  const later = new Date(Date.now() + 7_200_000)
  await page.fill('#clip-to', new Date(later - later.getTimezoneOffset() * 60_000).toISOString().slice(0, 19))
  await page.locator('#clip-to').blur()
  await form(null)
  await page.waitForFunction(() => document.querySelector('[data-problem]').textContent.includes('ends in the future'))
  await page.fill('#clip-to', '2036-01-01T00:00:00')
  await page.locator('#clip-to').blur()
  await page.waitForFunction(() => document.querySelector('[data-problem]').textContent.includes('31 days'))
  assert.equal(await link.isVisible(), false)
  await page.fill('#clip-from', '2035-12-31T00:00:00')
  await page.locator('#clip-from').blur()
  await page.waitForFunction(() => document.querySelector('[data-problem]').textContent === 'That is still to come.')
  assert.equal(await link.isVisible(), false)
  for (const end of ['from', 'to']) {
    await page.fill(`#clip-${end}`, `2020-01-01T00:00:${end === 'to' ? 30 : 10}`)
    await page.locator(`#clip-${end}`).blur()
  }
  await page.waitForFunction(() => document.querySelector('[data-problem]').textContent === 'Nothing is recorded here.')
  assert.equal(await link.isVisible(), false)
  await page.fill('#clip-to', '2001-01-01T00:00:00')
  await page.locator('#clip-to').blur()
  await page.waitForFunction(() => document.querySelector('[data-problem]').textContent === 'The end has to come after the start.')
  assert.equal(await link.isVisible(), false)
  await close(page)
})

/** How things stand between the grips of the filmstrip. */
const gripped = (page) =>
  page.evaluate(() => {
    const [from, to] = [...document.querySelectorAll('[data-grip]')]
    const [a, b, box] = [from, to, document.querySelector('[data-filmstrip]')].map((e) => e.getBoundingClientRect())
    return {
      from: Number(from.ariaValueNow), to: Number(to.ariaValueNow), said: from.ariaValueText, apart: b.left - a.right, wide: box.width - 88, top: a.top + a.height / 2,
      a: a.left + 30, b: b.left + 14, least: Math.min(a.width, a.height, b.width, b.height), out: Math.max(box.left - a.left, b.right - box.right),
      fields: ['from', 'to'].map((end) => Date.parse(document.querySelector(`#clip-${end}`).value) / 1000),
    }
  })

test('a photo of what is shown has the full resolution, and a name', async () => {
  const { from, to } = await footage(1, 10_000)
  const at = Math.round((from + to) / 2000) * 1000
  const page = await open(browser)
  await page.goto(`${base}/cameras/1?at=${instant(at)}`)
  await page.waitForFunction(() => performance.getEntriesByName('stoop:seek', 'measure').length > 0) // a picture came with the page
  await pictured(page, '[data-video]')
  const [photo] = await Promise.all([page.waitForEvent('download'), page.click('[data-photo]')])
  assert.match(photo.suggestedFilename(), /^Front door \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d UTC\.jpg$/)
  const jpeg = await readFile(await photo.path())
  const size = await page.evaluate(async (bytes) => {
    const { width, height } = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }))
    return [width, height]
  }, [...jpeg])
  const { streams } = await (await fetch(`${base}/api/v1/cameras/1`)).json()
  await page.click('[data-do=live]')
  await moves(page, '[data-video]')
  await Promise.all([page.waitForEvent('download'), page.click('[data-photo]')])
  assert.deepEqual(size, [streams[0].video.width, streams[0].video.height])
  await close(page)
})

test('a clip is cut on a filmstrip, by hand and by key', async () => {
  const { from, to } = await footage(1, 12_000)
  const [first, last] = [Math.ceil(from / 1000), Math.floor(to / 1000) - 2]
  for (const [width, touch] of [[390, true], [1440, false]]) {
    const page = await open(browser, { viewport: { width, height: 844 }, hasTouch: touch })
    await page.goto(`${base}/cameras/1?from=${instant(first * 1000)}&to=${instant(last * 1000)}`)
    const strip = page.locator('[data-filmstrip]')
    await strip.evaluate((e) => e.scrollIntoView({ block: 'center' }))
    // Pictures are there: the middle has many colors.
    await page.waitForFunction(() => {
      const canvas = document.querySelector('[data-filmstrip] canvas')
      if (!canvas.width) return false
      const c = new OffscreenCanvas(90, 30).getContext('2d')
      c.drawImage(canvas, canvas.width / 4, canvas.height / 4, canvas.width / 2, canvas.height / 2, 0, 0, 90, 30)
      return new Set(new Uint32Array(c.getImageData(0, 0, 90, 30).data.buffer)).size > 200
    })
    const whole = await gripped(page)
    assert.deepEqual([whole.from, whole.to, ...whole.fields], [first, last, first, last])
    assert.ok(whole.least > 43.9 && whole.out <= 0.5, JSON.stringify(whole))
    assert.ok(whole.apart > 0.5 * whole.wide, `the clip takes ${whole.apart} of ${whole.wide} px`)

    // The picture above is that under the grip, also while it goes past the other one.
    const drag = async (x) => (await page.mouse.move(x, whole.top, { steps: 4 }), gripped(page))
    await page.mouse.move(whole.a, whole.top)
    await page.mouse.down()
    const half = await drag((whole.a + whole.b) / 2)
    assert.ok(half.from > first && half.from < last && half.to === last, JSON.stringify(half))
    await page.waitForFunction((at) => !document.querySelector('[data-storyboard]').hidden && Date.parse(document.querySelector('[data-stamp]').dateTime) / 1000 === at, half.from)
    const past = await drag(whole.b + 20)
    assert.deepEqual([past.from, past.to], [last - 1, last])
    assert.ok(past.apart >= 0, `they overlap by ${-past.apart} px`)
    await page.mouse.up()
    // Let go, the strip zooms to what is left.
    await page.waitForFunction(async () => {
      const place = () => [...document.querySelectorAll('[data-grip]')].map((e) => e.getBoundingClientRect().left)
      const before = place()
      for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame)
      return String(before) === String(place()) && before[1] - before[0] > 74
    })
    assert.equal(await page.evaluate(() => document.querySelector('[data-video]').paused), true)

    await page.focus('[data-grip=from]')
    const begun = (await gripped(page)).from
    await page.keyboard.press('Shift+ArrowLeft')
    await page.keyboard.press('ArrowRight')
    const keyed = await gripped(page)
    assert.equal(keyed.from, begun - 9)
    assert.equal(keyed.fields[0], keyed.from)
    assert.match(keyed.said, /\d+:\d\d:\d\d\s[AP]M, \d+ /)
    await page.waitForFunction((at) => new URL(location.href).searchParams.get('at') === at, instant(keyed.from * 1000).replace('.000Z', 'Z'))
    await close(page)
  }
})

test('a camera whose small stream fails is mended on its page, and leaves its footage when it is removed', async () => {
  const json = async (path, init) => (await fetch(base + path, init)).json()
  const { cameras } = await json('/api/v1/cameras')
  const body = JSON.stringify({ name: 'Yard', url: cameras[0].url, sub_url: `${cameras[0].url}-nothing` })
  const { id } = await json('/api/v1/cameras', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
  await footage(id)
  await until(async () => (await json(`/api/v1/cameras/${id}`)).state.reason === 'refused', () => 'the small stream does not fail')
  const why = 'The small stream is not recorded: The camera refused the stream.'
  await each(browser, async (page, shot) => {
    await page.goto(base)
    assert.ok((await page.textContent('[data-part=troubles]')).includes(why))
    assert.equal(await page.textContent('[data-part=summary]'), 'One camera needs a look.')
    await page.waitForTimeout(1000)
    await shot('small-home')
    await page.goto(`${base}/cameras/${id}`)
    assert.ok((await page.textContent('[data-part=trouble]')).includes(why))
    await page.waitForTimeout(1000)
    await shot('small')
    await page.click('[data-part=trouble] a')
    await page.click('[value=test]')
    await page.locator('.answer.bad:has(b)').waitFor()
    await shot('edit')
    page.may = /416 / // the newest picture became another one while it was read
  }, ['light'])

  const plain = await open(browser, { javaScriptEnabled: false })
  await plain.goto(`${base}/cameras/${id}`)
  await plain.click('.menu summary')
  await plain.click('.menu a[href$="/edit"]')
  await plain.fill('[name=name]', 'Back yard')
  await plain.fill('[name=sub_url]', '')
  await plain.click('[value=add]')
  await plain.waitForURL(`${base}/cameras/${id}`)
  assert.equal(await plain.textContent('h1'), 'Back yard')
  assert.equal((await json(`/api/v1/cameras/${id}`)).sub_url, '')
  await plain.goto(`${base}/cameras/${id}/remove`)
  await plain.click('button.danger')
  await plain.waitForURL(`${base}/`)
  await close(plain)

  await each(browser, async (page, shot) => {
    await page.goto(base)
    await page.evaluate(() => document.querySelector('.removed').scrollIntoView()) // at once, while the page does not replace it
    await shot('removed-home')
    await page.click('.removed a:has-text("Back yard")')
    await page.waitForURL((url) => url.pathname === `/cameras/${id}`)
    await page.locator('[data-do=live]').waitFor({ state: 'hidden' })
    // A picture was shown: that of the last footage, which may be over soon.
    await page.waitForFunction(() => performance.getEntriesByName('stoop:seek', 'measure').length > 0)
    await shot('removed')
    await page.click('[data-clip] summary')
    const clip = await fetch(base + (await page.locator('details.hour a[download]').first().getAttribute('href')))
    assert.equal(clip.status, 200)
  }, ['light'])
})

test('what happened stands there with its picture, and leads to it', async () => {
  const ring = `${base}/api/v1/cameras/1/ring`
  const press = await (await fetch(ring, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' })).json()
  const answer = await fetch(`${ring}/answer`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ at: press.at }) })
  assert.ok(answer.ok, await answer.text())
  const page = await open(browser)
  const moment = page.locator('.moment', { hasText: 'Somebody rang' }).first()
  const pictured = () => page.waitForFunction(() => (document.querySelector('.moment:has(b .icon) video')?.readyState ?? 0) >= 2)
  for (const [path, camera] of [['/', undefined], ['/events?kind=ring', 'Front door'], ['/events?camera=1', 'Front door']]) {
    const until = Date.now() + 30_000
    for (;;) { // it is on disk within a moment
      await page.goto(base + path)
      if (await moment.count() && await moment.locator('video').count()) break
      assert.ok(Date.now() < until, `${path} does not say that somebody rang`)
      await page.waitForTimeout(500)
    }
    await pictured()
    if (camera) assert.deepEqual([...new Set(await page.locator('.moment .name').allTextContents())], [camera])
  }
  await page.goto(`${base}/events?kind=alarm`)
  await page.getByText('Nothing was noticed').waitFor()
  await page.goto(`${base}/events?kind=ring`)
  await moment.click()
  await page.waitForURL(/\/cameras\/1\?at=/)
  await moves(page, '[data-video]')
  const off = (await page.evaluate(() => Date.parse(document.querySelector('[data-stamp]').dateTime))) - Date.parse(press.at)
  assert.ok(off > -9000 && off < 5000, `it shows ${off} ms beside the ring`)
  // The day in words has it as well, and goes there in place.
  await page.goto(`${base}/cameras/1`)
  await spoken(page)
  await page.locator('.words summary').click()
  await page.locator('.chapters a', { hasText: 'Somebody rang' }).first().click()
  await page.waitForURL(/\/cameras\/1\?at=/)
  await page.locator('.chapters a', { hasText: 'begins' }).waitFor()
  // So do the chapters of a clip, which a browser loads without a word of complaint.
  const around = `from=${instant(Date.parse(press.at) - 10_000)}&to=${instant(Date.parse(press.at) + 10_000)}`
  const chapters = await (await fetch(`${base}/cameras/1/chapters.vtt?${around}`)).text()
  assert.match(chapters, /^WEBVTT\n\n00:00:00\.000 --> 00:00:[^]*Somebody rang\n/)
  const plain = await open(browser, { javaScriptEnabled: false })
  const [asked] = await Promise.all([plain.waitForResponse(/chapters\.vtt/), plain.goto(`${base}/cameras/1?${around}`)])
  assert.equal(asked.status(), 200)
  await close(plain)
  // On the strip it is a mark, which keys and buttons go to.
  await page.goto(`${base}/cameras/1?zoom=1h`)
  const at = () => Date.parse(new URL(page.url()).searchParams.get('at') ?? '')
  await spoken(page)
  for (let i = 0; !(Math.abs(at() - Date.parse(press.at) + 5000) < 1500); i++) {
    assert.ok(i < 40, `going back leads to ${page.url()}`)
    const was = page.url()
    await (i % 2 ? page.click('[data-hop=back]') : page.locator('[data-strip]').press('p'))
    // Who goes on before it is there goes past it.
    await page.waitForFunction((was) => location.href !== was, was, { timeout: 5000 }).catch(() => {})
  }
  await page.locator('[data-strip]').focus()
  for (let i = 0; i < 8; i++) await page.keyboard.press('+') // five minutes
  const box = await page.locator('[data-strip]').boundingBox()
  for (let k = 0; !/Somebody rang/.test(await page.textContent('[data-tip]')); k++) {
    assert.ok(k < 600, 'no mark of the ring') // what is asked for at this zoom may come late
    await page.mouse.move(box.x + box.width * 0.72 - 60 + (k % 60) * 3, box.y + 40)
    await page.waitForTimeout(50)
  }
  await close(page)
})

test('several moments are selected, taken away as one file, and kept', async () => {
  const page = await open(browser)
  const ticks = page.locator('.selects input')
  const checked = () => ticks.evaluateAll((all) => all.filter((t) => t.checked).length)
  await until(async () => { // both cameras saw something, and it is on disk
    await page.goto(`${base}/events`)
    return (await page.locator('.moments li:has(video)').count()) >= 2
  }, () => 'nothing happened')
  const bar = page.locator('.bar')
  assert.equal(await bar.isVisible(), false)
  const all = await ticks.count()
  // By keys, with a range, and let go.
  await page.locator('.moment').first().focus()
  await page.keyboard.press('x')
  await bar.getByText('Selected: 1').waitFor()
  await ticks.nth(all - 1).click({ modifiers: ['Shift'] })
  await bar.getByText(`Selected: ${all}`).waitFor()
  await page.keyboard.press('Escape')
  await bar.waitFor({ state: 'hidden' })
  assert.equal(await checked(), 0)

  const pick = async () => {
    for (const i of [0, 1]) await page.locator('.moments li:has(video) .selects input').nth(i).click()
    await bar.getByText('Selected: 2').waitFor()
  }
  await pick()
  await bar.getByRole('button', { name: 'Download' }).click()
  await page.waitForURL('**/events/chosen?**')
  const [file] = await Promise.all([page.waitForEvent('download'), page.locator('#download a').click()])
  assert.match(file.suggestedFilename(), /^clips \d{4}-\d\d-\d\d\.zip$/)
  const zip = await readFile(await file.path())
  const names = [...zip.toString('latin1').matchAll(/\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_[^_]+_\w+\.mp4/g)].map(([name]) => name)
  assert.ok(new Set(names).size === 2 && zip.includes('contents.txt') && zip.includes('moov'), names.join())

  await page.goto(`${base}/events`)
  await pick()
  await bar.getByRole('button', { name: 'Keep' }).click()
  await page.waitForURL('**/events/chosen?**')
  await page.getByLabel('Why').fill('the parcel')
  await page.locator('#keep button').click()
  await page.getByText('It is kept.').waitFor()
  await page.getByRole('link', { name: 'See what is kept' }).click()
  await page.getByText('the parcel').nth(1).waitFor()
  assert.equal(await page.getByText('the parcel').count(), 2)
  await close(page)

  // The same without script.
  const plain = await open(browser, { javaScriptEnabled: false })
  await plain.goto(`${base}/events`)
  await plain.locator('.selects input').first().check()
  await plain.locator('.bar').getByRole('button', { name: 'Download' }).click()
  await plain.waitForURL('**/events/chosen?**')
  await plain.getByText(/^One clip, /).waitFor()
  await close(plain)
  await each(browser, async (page, shot) => {
    await page.goto(`${base}/events`)
    await page.locator('.selects input').first().click()
    await shot('selected')
    await page.locator('.bar [type=submit]').last().click()
    await page.waitForURL('**/events/chosen?**')
    await shot('chosen')
  })
})

test('all cameras at one moment of the past, in step', async () => {
  // The second camera misses some seconds, as somebody wants it to.
  const set = async (mode) => {
    const res = await fetch(`${base}/api/v1/cameras/2/recording`, { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ mode }) })
    assert.ok(res.ok, await res.text())
  }
  const before = await footage(2, 30_000)
  await set('off')
  const gap = async () => {
    const query = new URLSearchParams({ from: instant(before.from + 1000), to: instant(Date.now()) })
    const { gaps } = await (await fetch(`${base}/api/v1/cameras/2/timeline?${query}`)).json()
    const last = gaps?.at(-1)
    return { from: Date.parse(last?.from), to: Date.parse(last?.to), planned: last?.planned }
  }
  await until(async () => {
    const { from, planned } = await gap()
    return planned && Date.now() - from > 8000
  }, () => 'it records still')
  await set('continuous')

  const page = await open(browser)
  const at = before.to - 25_000
  const came = Date.now()
  await page.goto(`${base}/cameras/1?at=${instant(at)}`)
  await page.waitForFunction(() => performance.getEntriesByName('stoop:seek', 'measure').length > 0)
  await page.click('[data-together]')
  await page.waitForURL(/\/cameras\?camera=1&camera=2&at=/)
  let all
  const now = async () => (all = await page.evaluate(taken))
  const clock = () => page.evaluate(() => Date.parse(document.querySelector('[data-clock]').dateTime))
  const beside = () => Math.max(...all) - Math.min(...all)
  const near = (want, ms) => until(async () => (await now()).every((t) => Math.abs(t - want) < ms), () => `${all.map((t) => t - want)} ms beside`)
  await until(async () => (await now()).length === 2 && beside() < 100, () => `they show ${all}`)
  const begun = Math.min(...all)
  const since = Date.now() - came // as much as it may have gone on by
  assert.ok(begun - at > -15_000 && begun - at < Math.max(since, 15_000), `it begins ${begun - at} ms beside, after ${since} ms`)
  await until(async () => (await now()).every((t) => t > begun + 1500) && beside() < 100, () => `they do not go on: ${all}, from ${begun}`)

  await page.click('[data-do=play]')
  await until(async () => {
    const paused = await page.evaluate(() => [...document.querySelectorAll('[data-camera] video')].every((v) => v.paused))
    await now()
    return paused && beside() < 60
  }, () => `paused, they show ${all}`)
  const stood = all[0]
  await page.click('[data-skip="-10"]')
  await near(stood - 10_000, 100)
  await page.keyboard.press('ArrowRight')
  await near(stood, 100)
  await page.evaluate((at) => {
    const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
    document.querySelector('#when').value = local
  }, before.from + 10_000)
  await page.click('.when [type=submit]')
  const typed = Math.floor((before.from + 10_000) / 1000) * 1000
  await near(typed, 100)
  assert.equal(new URL(page.url()).searchParams.get('at'), instant(typed).replace('.000', ''))
  assert.equal(await clock(), typed)

  // A hand on the strip sees the moments that it passes, of each of them.
  const strip = await page.locator('[data-strip]').boundingBox()
  const [hand, under] = [strip.x + strip.width / 2, strip.y + 60]
  const glanced = () => page.locator('[data-camera] .scrub:not([hidden])').count()
  let moved = 0
  await page.mouse.move(hand, under)
  await page.mouse.down()
  await until(async () => {
    await page.mouse.move(hand - 4 - (moved++ % 2), under)
    return (await glanced()) === 2
  }, () => 'no pictures under the hand')
  await page.screenshot({ path: `${shots}/together-hand.png` })
  await page.mouse.up()
  await until(async () => (await glanced()) === 0, () => 'pictures of the hand stay')
  await near(await clock(), 100)
  assert.ok((await clock()) > typed, 'the hand moved on in time')

  // Where one recorded nothing it says so, the other goes on, and when there is film again it joins.
  const { from, to, planned } = await gap()
  assert.ok(planned && to > from, JSON.stringify({ from, to, planned }))
  await until(() => Date.now() > to + 30_000, () => '', 60_000)
  await page.goto(`${base}/cameras?at=${instant(from + 1000)}`)
  const held = page.locator('[data-camera][data-hold] [data-notice]')
  await held.waitFor()
  assert.match(await held.textContent(), /\w/)
  await until(async () => (await now())[0] > from + 1500, () => `the other stands at ${all[0]}`)
  await until(async () => (await now()).every((t) => t > to) && beside() < 100, () => `it does not join: ${all}, ${to}`, to - from + 30_000)
  await page.locator('[data-camera]').last().click()
  await page.waitForURL(/\/cameras\/2\?at=/)
  await close(page)

  // The same without script: still pictures and links.
  const plain = await open(browser, { javaScriptEnabled: false })
  await plain.goto(`${base}/cameras?at=${instant(at)}`)
  assert.equal(await plain.locator('[data-camera] video[src*="picture.mp4"]').count(), 2)
  await plain.getByRole('link', { name: '−10 s' }).click()
  await plain.waitForURL((url) => Date.parse(url.searchParams.get('at')) === at - 10_000)
  await close(plain)
})

test('every page at every width, light and dark', async () => {
  const { from, to } = await footage(1)
  await mkdir(shots, { recursive: true })
  const pages = {
    home: '/', live: '/cameras/1', past: `/cameras/1?at=${instant((from + to) / 2)}&zoom=1h`,
    clip: `/cameras/1?from=${instant(from)}&to=${instant(to)}`, add: '/cameras/new', settings: '/settings', remove: '/cameras/1/remove', events: '/events', together: `/cameras?at=${instant((from + to) / 2)}`, lost: '/nowhere',
  }
  for (const colorScheme of ['light', 'dark']) {
    for (const [width, height] of [[390, 844], [820, 1180], [1440, 900], [2560, 1440]]) {
      if (width === 2560 && colorScheme === 'dark') continue
      const page = await open(browser, { viewport: { width, height }, colorScheme, hasTouch: width < 900 })
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(base + path)
        await page.waitForTimeout(/home|live|past|clip|events|together/.test(name) ? 1500 : 200)
        await page.screenshot({ path: `${shots}/${name}-${width}-${colorScheme}.png` })
        await fits(page, `${name}-${width}`)
        if (width < 900) assert.deepEqual(await page.evaluate(small), [], `${name} at ${width} has controls that are too small for a thumb`)
      }
      page.may = /404 .*nowhere/
      await close(page)
    }
  }
})

test('a German browser is answered in German, and nothing sticks out', async () => {
  const page = await open(browser, { locale: 'de-DE', viewport: { width: 390, height: 844 }, hasTouch: true })
  for (const path of ['', 'cameras', 'cameras/1', 'events', 'storage', 'settings', 'settings/notifications', 'settings/alerts']) {
    await page.goto(new URL(path, base).href)
    assert.equal(await page.getAttribute('html', 'lang'), 'de', path)
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, `${path} is too wide`)
  }
  await close(page)
})

test('what was selected is deleted, once it was said what goes and what stays', async () => {
  const { from } = await footage(1, 20_000)
  const page = await open(browser)
  const chosen = (from, to) => new URLSearchParams({ clip: `1,${instant(from)},${instant(to)}` })
  const old = chosen(from, from + 3000)
  await until(async () => {
    const { goes, stays } = await (await fetch(`${base}/api/v1/deletions?${old}`)).json()
    return goes.length > 0 && stays.length === 0
  }, () => 'its pieces are written still', 120_000)
  const { to } = await footage(1)
  await page.goto(`${base}/events/chosen?${old}&${chosen(to - 1000, to)}`)
  await page.getByRole('link', { name: 'See what goes' }).click()
  await page.waitForURL('**/events/delete?**')
  const goes = page.locator('form#delete')
  await page.locator('#stays', { hasText: 'It is being recorded right now.' }).waitFor()
  for (const [width, height] of [[390, 844], [1440, 900]]) {
    await page.setViewportSize({ width, height })
    await fits(page, `delete, ${width}`)
    await page.screenshot({ path: `${shots}/delete-${width}.png`, fullPage: true })
  }
  // By mistake nothing goes.
  const submit = goes.getByRole('button', { name: 'Delete' })
  await submit.click()
  assert.equal(await goes.count(), 1)
  const there = async () => {
    const { footage } = await (await fetch(`${base}/api/v1/cameras/1/timeline?${new URLSearchParams({ from: instant(from), to: instant(from + 3000) })}`)).json()
    return (footage ?? []).reduce((ms, s) => ms + Date.parse(s.to) - Date.parse(s.from), 0)
  }
  assert.ok((await there()) > 2900, 'it is gone before anybody was sure')
  await goes.getByRole('checkbox').check()
  await submit.click()
  await page.locator('.answer.ok', { hasText: 'It is deleted.' }).waitFor()
  assert.equal(await there(), 0, 'it is there still')
  // Whoever looks for it there is told, and what is told stays.
  await page.goto(`${base}/cameras/1?at=${instant(from + 1000)}&zoom=1h`)
  await page.locator('[data-notice]', { hasText: /deleted/i }).waitFor()
  await page.goto(`${base}/storage#removed`)
  await page.locator('[aria-labelledby=removed]', { hasText: /deleted/i }).waitFor()
  await close(page)
})
