// Three homes: a clip is blurred, seen before it leaves, comes to the others,
// plays there, is talked about, and goes everywhere when it is taken back.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { base, close, each, footage, launch, moves, open } from './browser.mjs'

const first = Number(new URL(base).port)
const home = (n) => `http://127.0.0.1:${first + n}`
let browser
before(async () => (browser = await launch()))
after(() => browser.close())

/** Opens a page of another home: it is its own origin. */
async function visit(n) {
  const page = await open(browser)
  page.faults.length = 0
  page.neighbor = home(n)
  return page
}
const leave = (page) => page.context().close()
const pause = (ms) => new Promise((done) => setTimeout(done, ms))

async function choose(page) {
  const { to } = await footage(1, 14_000)
  const span = new URLSearchParams({ from: new Date(to - 9000).toISOString(), to: new Date(to - 4000).toISOString() })
  await page.goto(`${base}/cameras/1?${span}`)
  await page.click('button[data-share]')
  await page.waitForURL(/\/cameras\/1\/share\?/)
  await page.waitForSelector('.strip-of input')
}

async function paint(page, [x0, y0, x1, y1]) {
  await page.click('text=Blur a part')
  const box = await page.locator('[data-paint]').boundingBox()
  await page.mouse.move(box.x + x0 * box.width, box.y + y0 * box.height)
  await page.mouse.down()
  await page.mouse.move(box.x + x1 * box.width, box.y + y1 * box.height, { steps: 4 })
  await page.mouse.up()
}

test('a clip is chosen, painted on, looked at, and forgotten', async () => {
  await each(browser, async (page, shot) => {
    await choose(page)
    await paint(page, [0.2, 0.2, 0.6, 0.7])
    const region = await page.inputValue('[name=region]')
    const [kind, , x, y, w, h] = region.split(' ')
    assert.equal(kind, 'in')
    for (const [got, want] of [[x, 200], [y, 200], [w, 400], [h, 500]]) assert.ok(Math.abs(Number(got) - want) < 15, region)
    await pause(1500)
    await shot('share')
    await page.click('button:has-text("Show what would leave")')
    await page.waitForURL(/\/new\?draft=/, { timeout: 120_000 })
    await page.click('.preview video')
    await page.evaluate(() => document.querySelector('.preview video').play())
    await moves(page, '.preview video')
    await shot('preview')
    const draft = await page.getAttribute('.preview video', 'src')
    await page.click('button:has-text("Cancel, and forget it")')
    await page.waitForURL(`${base}/cameras/1`)
    const status = await page.evaluate(async (src) => (await fetch(src, { method: 'HEAD' })).status, draft)
    assert.equal(status, 404)
    page.may = /404/
  }, ['light'])
})

test('a clip is blurred for oneself, looked at, downloaded, and chosen again', async () => {
  const page = await open(browser)
  const { to } = await footage(1, 14_000)
  await page.goto(`${base}/cameras/1?${new URLSearchParams({ from: new Date(to - 9000).toISOString(), to: new Date(to - 4000).toISOString() })}`)
  await page.click('button[data-blur]')
  await page.waitForURL(/\/cameras\/1\/blur\?/)
  await page.waitForSelector('.strip-of input')
  await paint(page, [0.2, 0.2, 0.6, 0.7])
  const region = await page.inputValue('[name=region]')
  // While it is made the page says so, and lets it be stopped.
  await page.evaluate(() => {
    document.querySelector('button.main[type=submit]').click()
    setTimeout(() => document.querySelector('[data-making]:not([hidden]) button').click(), 200)
  })
  await page.waitForFunction(() => document.querySelector('[data-making]').hidden && !document.querySelector('button.main[type=submit]').disabled)
  await page.click('button:has-text("Make it")')
  await page.waitForURL(/\/blur\?draft=/, { timeout: 120_000 })
  await page.evaluate(() => document.querySelector('.preview video').play())
  await moves(page, '.preview video')
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('a[download]')])
  assert.match(download.suggestedFilename(), /^Front door \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.mp4$/)
  await page.click('text=Choose again')
  await page.waitForSelector('.strip-of input')
  assert.equal(await page.inputValue('[name=region]'), region)
  await close(page)
})

test('it is sent, comes to all, is talked about and taken back', async () => {
  const anna = await open(browser)
  await choose(anna)
  await paint(anna, [0.3, 0.3, 0.7, 0.7])
  await anna.click('button:has-text("Show what would leave")')
  await anna.waitForURL(/\/new\?draft=/, { timeout: 120_000 })
  const words = `A parcel was taken from the step. ${Date.now()}`
  const hash = (page, src) => page.evaluate(async (src) => {
    const b = new Uint8Array(await (await fetch(src)).arrayBuffer())
    let h = 0
    for (const v of b) h = (h * 31 + v) | 0
    return `${b.length} ${h}`
  }, src)
  const seen = await hash(anna, await anna.getAttribute('.preview video', 'src'))
  await anna.fill('#happened', words)
  await anna.selectOption('#category', 'package')
  await anna.click('button:has-text("Send to all neighbors")')
  await anna.waitForSelector(`article:has-text("${words}") video`)

  const ben = await visit(1)
  await ben.goto(`${ben.neighbor}/street`)
  const post = ben.locator(`article:has-text("${words}")`)
  await post.locator('video').waitFor({ timeout: 60_000 })
  assert.equal(await hash(ben, await post.locator('video').getAttribute('src')), seen)
  await post.locator('video').evaluate((v) => ((v.muted = true), v.play()))
  await moves(ben, `article video[src="${await post.locator('video').getAttribute('src')}"]`)
  await ben.screenshot({ path: `${process.env.STOOP_SHOTS ?? 'screenshots'}/feed-clip-1440.png` })
  await ben.setViewportSize({ width: 390, height: 844 })
  await ben.screenshot({ path: `${process.env.STOOP_SHOTS ?? 'screenshots'}/feed-clip-390.png` })
  await post.locator('video').evaluate((v) => v.pause())
  await post.locator('a:has-text("omment")').click()
  await ben.fill('#comment', 'I saw the van, too.')
  await ben.click('button[value=comment]')

  await anna.locator(`article:has-text("${words}") a:has-text("1 comment")`).waitFor()
  await anna.locator(`article:has-text("${words}") .menu summary`).click()
  await anna.locator(`article:has-text("${words}") button[value=retract]`).click()
  await ben.goto(`${ben.neighbor}/street`)
  await ben.waitForFunction((w) => !document.body.textContent.includes(w), words)
  assert.equal(await post.locator('video').count(), 0)
  await leave(ben)
  await close(anna)
})
