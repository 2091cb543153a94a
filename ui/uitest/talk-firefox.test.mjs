// Somebody talks at a camera from Firefox, whose microphone hears a tone: what
// arrives at the camera is looked at by who runs this.
import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { base, shots, until } from './browser.mjs'
import { launch, open } from './firefox.mjs'

const key = process.env.STOOP_KEY
const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' }
let browser
before(async () => (browser = await launch()))
after(() => browser.close())

/** Adds the camera at a home, and has somebody hold the button there until it is let go. */
async function hold(home, heard, may) {
  const { speaker } = JSON.parse(process.env.STOOP_CAMERAS)
  const added = await fetch(`${home}/api/v1/cameras`, { method: 'POST', headers, body: JSON.stringify({ name: 'speaker', url: `${speaker}/main`, sub_url: `${speaker}/sub` }) })
  assert.equal(added.status, 201)
  const page = await open(browser, { home })
  await page.goto(`${home}/cameras/1`)
  if (await page.locator('[name=key]').count()) {
    await page.fill('[name=key]', key)
    await page.click('button[type=submit]')
  }
  await page.locator('[data-do=live][aria-pressed=true]').waitFor()
  const { x, y } = await page.evaluate(() => {
    const { x, y, width, height } = document.querySelector('[data-do=hold]').getBoundingClientRect()
    return { x: x + width / 2, y: y + height / 2 }
  })
  await page.mouse.move(x, y)
  await page.mouse.down()
  await heard(page)
  await page.mouse.up()
  await until(async () => !(await fetch(`${home}/api/v1/cameras/1/talk`, { headers }).then((r) => r.json())).who, () => 'the talk does not end')
  await page.context().close()
  assert.deepEqual(page.faults.filter((f) => !may?.test(f)), [])
}

const told = (page, text) => page.locator('[data-said]', { hasText: text }).waitFor()

const network = Object.values(networkInterfaces()).flat().some((a) => !a.internal)

test('firefox talks while the button is held', { skip: !network && 'it connects by no loopback, and there is nothing else' }, () =>
  hold(process.env.STOOP_PROXIED, async (page) => {
    await told(page, 'You are talking.')
    await setTimeout(4000)
    await page.screenshot({ path: `${shots}/talk.png` })
  }))

// Firefox connects by no loopback, where this recorder is alone.
test('who is not heard reads why', () =>
  hold(base, async (page) => {
    await told(page, 'Your voice does not reach the recorder')
    await page.screenshot({ path: `${shots}/talk-unreached.png` })
  }, /ICE failed/))
