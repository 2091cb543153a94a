// From the press of a button to an answer, on a phone and at a desk at once.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { base, close, footage, launch, open, shots } from './browser.mjs'

let browser
before(async () => {
  browser = await launch()
  await footage(1, 6000)
})
after(() => browser.close())

const pressed = (camera = 1) => fetch(`${base}/api/v1/cameras/${camera}/ring`, { method: 'POST' }).then((r) => r.json())
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

/** In the page: notes when it begins to ring. */
const note = () =>
  new MutationObserver(() => {
    if (document.querySelector('[data-ringing]')) window.rang ??= Date.now()
  }).observe(document.body, { childList: true })

test('every page that is open rings at once, and stops when somebody goes', async () => {
  const [hand, desk] = [await open(browser, phone), await open(browser, { viewport: { width: 1440, height: 900 } })]
  await hand.goto(base)
  await desk.goto(`${base}/cameras/2`)
  for (const page of [hand, desk]) await page.waitForFunction(() => document.querySelector('[data-part=foot]')?.textContent)
  await hand.waitForTimeout(1500) // until both hear the states
  const late = []
  for (let n = 0; n < 5; n++) {
    for (const page of [hand, desk]) await page.evaluate(() => (window.rang = undefined))
    for (const page of [hand, desk]) await page.evaluate(note)
    const at = Date.now()
    const press = await pressed()
    for (const page of [hand, desk]) {
      await page.waitForFunction(() => window.rang)
      late.push((await page.evaluate(() => window.rang)) - at)
    }
    if (n === 0) {
      for (const [name, page] of [['phone', hand], ['desk', desk]]) {
        await page.waitForFunction(() => document.querySelector('[data-ringing] video')?.readyState >= 2)
        await page.screenshot({ path: `${shots}/ring-${name}.png` })
      }
    }
    // The first who goes says so on their own page, the others by the API.
    if (n === 0) await hand.click('[data-ringing] button:has-text("I am going")')
    else await fetch(`${base}/api/v1/cameras/1/ring/answer`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ at: press.at, who: 'Anna' }) })
    for (const page of [hand, desk]) await page.locator('[data-ringing]').waitFor({ state: 'detached' })
    await hand.waitForTimeout(3100) // presses within 3 s are one ring
  }
  late.sort((a, b) => a - b)
  console.log(`press to ringing page, ms: ${late}`)
  assert.ok(late[0] <= 300, `the quickest took ${late[0]} ms`)
  for (const page of [hand, desk]) await close(page)
})

test('who is not answered stands on the first page until somebody has seen it', async () => {
  const page = await open(browser, phone)
  await page.goto(`${base}/cameras/1`)
  await page.waitForTimeout(1500)
  const press = await pressed()
  await page.click('[data-part=ring] button:has-text("Not now")')
  await page.locator('[data-later]').waitFor({ state: 'hidden' })
  await page.locator('[data-part=ring] >> text=Somebody is at the door.').waitFor()
  await page.screenshot({ path: `${shots}/ring-camera.png` })
  await page.reload()
  await page.waitForTimeout(1500)
  assert.equal(await page.locator('[data-later]').isVisible(), false, 'it rings again after a new page')
  await page.locator('[data-part=ring] >> text=Nobody answered.').waitFor({ timeout: 60_000 })
  await page.goto(base)
  await page.locator('[data-part=missed] >> text=Somebody rang').waitFor()
  await page.screenshot({ path: `${shots}/ring-missed.png` })
  const film = await page.getAttribute('[data-part=missed] a', 'href')
  assert.equal(Math.round((Date.parse(press.at) - Date.parse(new URL(film, base).searchParams.get('at'))) / 1000), 5, 'the film begins before the press')
  await page.click('[data-part=missed] button:has-text("Seen")')
  await page.locator('[data-part=missed] >> text=Somebody rang').waitFor({ state: 'detached' })
  await close(page)
})
