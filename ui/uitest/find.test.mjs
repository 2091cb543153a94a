// A camera is found, on a phone, and seen before it is added: one that answers a
// search, one whose address is typed, and without script.
import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { base, byHand, close, each, focused, launch, moves, open, shots } from './browser.mjs'

let browser
before(async () => {
  await mkdir(shots, { recursive: true })
  browser = await launch()
})
after(() => browser.close())

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true }
const around = process.env.STOOP_AROUND ? false : 'no network to look around in'

/** Types passwords, one of them wrong, until the picture is there. */
async function enter(page, keep) {
  await page.waitForSelector('#password')
  assert.equal(await page.inputValue('#user'), 'admin')
  assert.equal(await page.locator('.alarm').count(), 0, 'nobody was refused yet')
  await keep('password')
  await page.fill('#password', 'wrong')
  await page.click('[value=ask]')
  await page.waitForSelector('.alarm')
  assert.equal(await page.inputValue('#password'), '', 'a password came back to the page')
  await keep('refused')
  await page.fill('#password', 'wrong')
  await page.click('[value=ask]')
  await page.waitForSelector('#anew') // it was not tried again, and can be
  await keep('same')
  await page.fill('#password', 'right')
  await page.click('[value=ask]')
  await page.waitForSelector('video.found')
  assert.equal(await page.inputValue('#name'), 'Bell 2')
}

const shows = (page) => page.waitForFunction(() => document.querySelector('video.found').readyState >= 2)

test('a fresh home, on a phone: looked around, its password, its picture, live', { skip: around }, async () => {
  const page = await open(browser, phone)
  let clicks = 0
  const click = (selector) => (clicks++, page.click(selector))
  const began = Date.now()
  await page.goto(base)
  await click('.hollow .btn')
  await click('[value=search]')
  await page.locator('button.offer', { hasText: 'Maker Bell 2' }).waitFor()
  await page.screenshot({ path: `${shots}/find-around.png` })
  await click('button.offer')
  await page.waitForSelector('#password')
  await focused(page, 'password')
  await page.keyboard.type('right')
  await click('[value=ask]')
  await page.waitForSelector('video.found')
  await shows(page)
  const seen = Date.now()
  await page.fill('#name', 'Front door')
  await click('[value=add]')
  await page.waitForURL(/\/cameras\/\d+$/)
  await moves(page, '[data-video]')
  const live = Date.now()
  console.log(`from the first page: ${clicks} clicks, the password and the name; the picture after ${seen - began} ms, live after ${live - began} ms`)
  assert.ok(clicks <= 5, `${clicks} clicks`)
  const { cameras } = await (await fetch(`${base}/api/v1/cameras`)).json()
  assert.deepEqual(cameras.map((c) => c.name), ['Front door'])
  assert.match(cameras[0].sub_url, /\/sub$/, 'the small stream was not filled in')
  page.may = /Failed to load resource/ // live.mp4 of a camera that is connected for the first time
  await close(page)
})

test('on a phone: its address, its password, its picture, and it is there', async () => {
  const page = await open(browser, phone)
  const keep = async (name) => {
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page is wider than the phone')
    await page.screenshot({ path: `${shots}/find-${name}.png` })
  }
  await page.goto(`${base}/cameras/find`) // where it once was
  assert.equal(page.url(), `${base}/cameras/new`)
  await page.fill('#address', process.env.STOOP_DEVICE)
  await page.press('#address', 'Enter')
  await enter(page, keep)
  await shows(page)
  await keep('picture')
  await page.fill('#name', 'Side door')
  await page.click('[value=add]')
  await page.waitForURL(/\/cameras\/\d+$/)
  const { cameras } = await (await fetch(`${base}/api/v1/cameras`)).json()
  const added = cameras.find((c) => c.name === 'Side door')
  assert.match(added.url, /^rtsp:\/\/[\d.]+:\d+\/main$/)
  assert.match(added.sub_url, /\/sub$/)
  page.may = /Failed to load resource/
  await close(page)
})

test('without script, too', async () => {
  const page = await open(browser, { ...phone, javaScriptEnabled: false })
  await page.goto(`${base}/cameras/new`)
  await page.fill('#address', process.env.STOOP_DEVICE)
  await page.click('.acts [value=ask]')
  await enter(page, async () => {})
  await page.fill('#name', 'Side door')
  await page.click('[value=add]')
  await page.waitForSelector('[aria-invalid]')
  assert.match(await page.textContent('#name-note'), /already a camera of this name/)
  await page.fill('#name', 'Back door')
  await page.click('[value=add]')
  await page.waitForURL(/\/cameras\/\d+$/)
  page.may = /status of 409/
  await close(page)
})

// What may be wrong with an address, and what is said of it. Where no network can be
// made, nothing is silent and nothing is outside.
const urls = JSON.parse(process.env.STOOP_CAMERAS)
const wrong = {
  ...(around ? {} : { silent: ['10.77.0.99', /Nothing answers.*has power.*your router shows it/s], outside: ['203.0.113.9', /not on your own network/] }),
  shut: [urls.shut, /nothing on it answers where cameras do.*turned on first/s],
  mute: [urls.mute, /says nothing.*Restart the camera/s],
  web: [urls.web, /not with a camera's pictures.*ONVIF or RTSP/s],
  name: ['no-such-camera.invalid', /Nothing on your network has this name.*number/s],
  forbidden: ['169.254.169.254', /No camera can be at this address/],
}

test('what is no camera is told from one that is off, within seconds, and what was typed stays', async () => {
  await each(browser, async (page, shot) => {
    for (const [name, [address, words]] of Object.entries(wrong)) {
      await page.goto(`${base}/cameras/new`)
      await page.fill('#address', address)
      const began = Date.now()
      await page.press('#address', 'Enter')
      await page.locator('.alarm').waitFor()
      const took = Date.now() - began
      console.log(`${name}: ${took} ms`)
      assert.ok(took < 12_000, `${name} took ${took} ms`)
      assert.match(await page.textContent('.alarm'), words, name)
      assert.equal(await page.inputValue('#address'), address)
      await focused(page, 'address')
      await shot(`find-${name}`)
    }
    await page.fill('#address', urls.modern)
    await page.press('#address', 'Enter')
    await page.waitForSelector('video.found')
    assert.match(await page.textContent('main'), /H\.265, which some browsers do not show\. It is recorded all the same/)
    await shot('find-modern')
    page.may = /422/
  }, ['light'])
})

test('a link with user and password: the password leaves the page, and a wrong one can be mended', async () => {
  const page = await open(browser, phone)
  const link = (password) => urls.locked.replace('rtsp://', `rtsp://ada:${password}@`)
  await page.goto(`${base}/cameras/new`)
  await page.fill('#address', link('canary'))
  await page.press('#address', 'Enter')
  await page.locator('.alarm').waitFor()
  assert.match(await page.textContent('.alarm'), /refuses this user or password/)
  assert.ok(!(await page.content()).includes('canary'), 'the password came back to the page')
  assert.equal(await page.inputValue('#user'), 'ada')
  await page.screenshot({ path: `${shots}/find-link.png` })
  await page.fill('#password', 'right')
  await page.click('[value=ask]')
  await page.waitForSelector('video.found')
  await page.goto(`${base}/cameras/new`)
  await page.fill('#address', link('right'))
  await page.press('#address', 'Enter')
  await page.waitForSelector('video.found')
  await close(page)
})

test('nothing typed looks around; who knows the addresses types them below', async () => {
  await each(browser, async (page, shot) => {
    await page.goto(`${base}/cameras/new`)
    await shot('find')
    const small = await page.$$eval('main a, main button, main input:not([type=hidden]), main summary', (all) =>
      all.filter((e) => e.offsetParent && e.getBoundingClientRect().height < 44).map((e) => e.outerHTML))
    assert.deepEqual(small, [])
    const said = await page.evaluate(() => {
      document.querySelector('.acts [value=ask]').click()
      return document.querySelector('[data-part=looking] .busy').textContent
    })
    assert.match(said, /Looking around/)
    await page.locator('.offer, [role=status]:has-text("No camera answered")').first().waitFor()
    if (!around) {
      const offer = page.locator('a.offer')
      assert.match(await offer.textContent(), /Maker Bell 2.*Added already: Front door/s)
      assert.equal(await page.locator('button.offer').count(), 0, 'it is offered as if it were unknown')
      assert.match(await offer.getAttribute('href'), /^\/cameras\/\d+$/)
    }
    await shot('find-looked')
    await byHand(page)
    await page.fill('[name=url]', 'rtsp://127.0.0.1:9/nothing')
    await shot('find-by-hand')
    await page.click('[value=test]')
    await page.locator('.answer.bad:has(b)').waitFor()
    assert.equal(await page.inputValue('[name=url]'), 'rtsp://127.0.0.1:9/nothing')
  })
})
