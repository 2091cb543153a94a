// Zones and masks are drawn on the picture of a camera, by touch, by mouse and by
// keyboard, and are there again when the page is.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { base, close, each, footage, launch, open, pictured, until } from './browser.mjs'

let browser
before(async () => {
  browser = await launch()
  await footage(1, 4000)
})
after(() => browser.close())

const address = `${base}/cameras/1/motion`
const stored = async () => (await fetch(`${base}/api/v1/cameras/1/zones`)).json()
const draw = async (zones) => {
  const res = await fetch(`${base}/api/v1/cameras/1/zones`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(zones) })
  assert.equal(res.status, 200, await res.text())
}
const polygons = (page) => page.$$eval('[data-shapes] polygon', (all) => all.map((p) => `${p.getAttribute('class')} ${p.getAttribute('points')}`))

/** Lets go of what was drawn, and waits for the page that says so: another one, also where that of before said it. */
async function save(page) {
  await Promise.all([page.waitForEvent('load'), page.click('button:has-text("Save")')])
  await page.waitForURL(`${address}?saved=1`)
  await page.waitForSelector('text=It holds within half a minute.')
}

/** Drags with a real finger, or with the mouse, from one place of the picture to another, in thousandths. */
async function drag(page, from, to, finger) {
  await page.locator('[data-layer]').scrollIntoViewIfNeeded()
  const box = await page.locator('[data-layer]').boundingBox()
  const at = ([x, y]) => ({ x: box.x + (x / 1000) * box.width, y: box.y + (y / 1000) * box.height })
  const [a, b] = [at(from), at(to)]
  if (!finger) {
    await page.mouse.move(a.x, a.y)
    await page.mouse.down()
    await page.mouse.move(b.x, b.y, { steps: 5 })
    await page.mouse.up()
    return
  }
  const touch = await page.context().newCDPSession(page)
  const tell = (type, touchPoints) => touch.send('Input.dispatchTouchEvent', { type, touchPoints })
  await tell('touchStart', [a])
  for (let i = 1; i <= 5; i++) await tell('touchMove', [{ x: a.x + ((b.x - a.x) * i) / 5, y: a.y + ((b.y - a.y) * i) / 5 }])
  await tell('touchEnd', [])
  await touch.detach()
}

test('a zone is drawn by touch or by mouse, saved, and there again', async () => {
  await each(browser, async (page, shot) => {
    const finger = page.viewportSize().width < 700
    await draw({})
    await page.goto(address)
    await pictured(page, '.drawn video')
    const before = await page.locator('.drawn').boundingBox()
    await shot('motion-empty')
    await page.click('button:has-text("Add a zone")')
    assert.deepEqual(await polygons(page), ['zone chosen 250,250 550,250 550,550 250,550'])
    await drag(page, [250, 250], [100, 300], finger)
    await drag(page, [550, 550], [993, 995], finger) // near the edges is on them
    await drag(page, [250, 550], [60, 900], finger)
    await page.click('button:has-text("Add a mask")')
    await drag(page, [400, 500], [700, 550], finger) // all of it
    await shot('motion-drawn')
    const after = await page.locator('.drawn').boundingBox()
    assert.deepEqual([after.width, after.height], [before.width, before.height], 'the picture changes its size')
    const small = await page.$$eval('.layer button:not([hidden]), .sheet .btn', (all) => all.map((b) => b.getBoundingClientRect()).filter((r) => r.width > 0 && (r.height < 44 || r.width < 44)).length)
    assert.equal(small, 0, 'controls are smaller than a thumb')
    await save(page)
    const { zones, masks } = await stored()
    const close = (got, want) => got.every(([x, y], i) => Math.abs(x - want[i][0]) <= 4 && Math.abs(y - want[i][1]) <= 6)
    assert.ok(zones.length === 1 && zones[0].length === 4 && close(zones[0], [[100, 300], [550, 250], [1000, 1000], [60, 900]]), JSON.stringify(zones))
    assert.ok(masks.length === 1 && close(masks[0], [[610, 360], [910, 360], [910, 660], [610, 660]]), JSON.stringify(masks))
    await page.goto(address)
    assert.deepEqual((await polygons(page)).map((p) => p.split(' ')[0]), ['zone', 'mask'])
    await pictured(page, '.drawn video')
    await shot('motion-again')
  })
})

test('a zone is drawn by keyboard alone', async () => {
  await draw({})
  const page = await open(browser)
  await page.goto(address)
  await page.focus('button:has-text("Add a zone")')
  await page.keyboard.press('Enter') // its first corner has the focus
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('Shift+ArrowUp')
  assert.deepEqual(await polygons(page), ['zone chosen 240,249 550,250 550,550 250,550'])
  for (let i = 0; i < 4; i++) await page.keyboard.press('Tab') // to the dot after the first corner
  await page.keyboard.press('Enter')
  assert.deepEqual(await polygons(page), ['zone chosen 240,249 395,250 550,250 550,550 250,550'])
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Delete')
  assert.deepEqual(await polygons(page), ['zone chosen 240,249 395,260 550,550 250,550'])
  await page.keyboard.press('Delete')
  await page.keyboard.press('Delete') // three stay
  assert.equal((await polygons(page))[0].split(' ').length, 2 + 3)
  await save(page)
  assert.equal((await stored()).zones[0].length, 3)
  await page.click('.shapes button:has-text("Zone 1")')
  await page.click('button:has-text("Remove Zone 1")')
  await save(page)
  assert.deepEqual(await stored(), { zones: [], masks: [] })
  await close(page)
})

test('what is refused says what to do, and stays', async () => {
  await draw({})
  const page = await open(browser)
  page.may = /422/
  await page.goto(address)
  await page.click('button:has-text("Add a mask")')
  for (const [from, to] of [[[250, 250], [0, 0]], [[550, 250], [1000, 0]], [[550, 550], [1000, 1000]], [[250, 550], [0, 1000]]]) await drag(page, from, to)
  await page.click('button:has-text("Save")')
  await page.waitForSelector('[role=alert]:has-text("make zones larger or masks smaller")')
  assert.match(await page.inputValue('textarea'), /^mask 0,0 1000,0 1000,1000 0,1000/)
  assert.deepEqual(await polygons(page), ['mask 0,0 1000,0 1000,1000 0,1000'])
  assert.deepEqual(await stored(), { zones: [], masks: [] })
  await close(page)
})

test('without script they are text, and seen', async () => {
  await draw({ masks: [[[700, 300], [900, 300], [900, 500]]] })
  const page = await open(browser, { javaScriptEnabled: false })
  await page.goto(address)
  assert.deepEqual(await polygons(page), ['mask 700,300 900,300 900,500'])
  await page.fill('textarea', 'zone 0,500 1000,500 1000,1000 0,1000')
  await save(page)
  assert.deepEqual(await stored(), { zones: [[[0, 500], [1000, 500], [1000, 1000], [0, 1000]]], masks: [] })
  await close(page)
})

test('the page tells how motion is found, and when zones hold', async () => {
  await draw({ zones: [[[0, 0], [1000, 0], [1000, 1000], [0, 1000]]] })
  const page = await open(browser)
  await page.goto(`${base}/cameras/1`)
  await page.click('.menu summary')
  await page.click('.menu a:has-text("Motion")')
  await page.waitForURL(address)
  // Whether pictures are looked at by then depends on how busy this machine is:
  // the page says what the recorder does.
  const says = { inside: /outside of your zones/, whole: /do not hold/ }
  let motion, said
  await until(
    async () => {
      ;({ motion } = await (await fetch(`${base}/api/v1/cameras/1`)).json())
      await page.goto(address)
      said = await page.textContent('[data-part=sight]')
      return motion.by && says[motion.zones]?.test(said) && (motion.by === 'pictures' ? /^By looking at/ : /^By how many bytes/).test(said.trim())
    },
    () => `${JSON.stringify(motion)} is told as ${said}`,
    60_000,
  )
  await close(page)
})
