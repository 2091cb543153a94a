// What a person typed, and what was said about it, stays until they are done.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { base, byHand, close, each, focused, launch, open } from './browser.mjs'

let browser
before(async () => (browser = await launch()))
after(() => browser.close())

const urls = JSON.parse(process.env.STOOP_CAMERAS)

async function json(method, path, body) {
  const res = await fetch(base + path, { method, headers: { 'Content-Type': 'application/json' }, body: body && JSON.stringify(body) })
  assert.ok(res.ok, `${method} ${path}: ${await res.clone().text()}`)
  return res.status === 204 ? undefined : res.json()
}

/** Has something change that every open page is told of, and waits until the page has dealt with it. */
async function stir(page) {
  await page.locator('[data-part=foot]').waitFor({ state: 'attached' })
  const before = await page.textContent('[data-part=foot]')
  const { id } = await json('POST', '/api/v1/cameras', { name: `Stir ${Date.now()}`, url: urls.gone })
  await page.waitForFunction((old) => document.querySelector('[data-part=foot]').textContent !== old, before)
  await json('DELETE', `/api/v1/cameras/${id}`)
  await page.waitForFunction((old) => document.querySelector('[data-part=foot]').textContent === old, before)
}

test('a refused form keeps what was typed, and what was said, whatever happens meanwhile', async () => {
  const { id } = await json('POST', '/api/v1/cameras', { name: 'Yard', url: urls.gone })
  const typed = { name: '', url: 'rtsp://192.168.1.20/main', sub_url: 'rtsp://192.168.1.20/sub', user: 'admin' }
  const page = await open(browser)
  for (const path of ['/cameras/new', `/cameras/${id}/edit`]) {
    if (path === '/cameras/new') await byHand(page)
    else await page.goto(base + path)
    for (const [name, value] of Object.entries(typed)) await page.fill(`[name=${name}]`, value)
    await page.click('[value=add]')
    await page.locator('.alarm').waitFor()
    await page.fill('[name=password]', 'canary')
    await page.locator('h1').click() // nothing is being used
    await stir(page)
    assert.equal(await page.locator('.alarm').count(), 1, `${path}: what was wrong is no longer said`)
    assert.equal(await page.textContent('#name-note'), 'Give the camera a name.')
    for (const [name, value] of Object.entries({ ...typed, password: 'canary' })) assert.equal(await page.inputValue(`[name=${name}]`), value, `${path}: ${name}`)
  }
  await page.click('[value=test]')
  await page.locator('.answer.bad:has(b)').waitFor()
  await stir(page)
  assert.equal(await page.locator('.answer.bad:has(b)').count(), 1, 'the answer was taken back')

  await page.goto(`${base}/cameras/${id}/recording`)
  await page.fill('#after', '9999')
  await page.click('.acts [value=save]')
  await page.locator('.alarm').waitFor()
  await page.locator('h1').click()
  await stir(page)
  assert.equal(await page.inputValue('#after'), '9999')
  assert.match(await page.textContent('#after-note'), /0 to 600/)

  await page.goto(`${base}/cameras/${id}`)
  await page.fill('#date', '2001-02-03')
  await page.locator('h1').click()
  await stir(page)
  assert.equal(await page.inputValue('#date'), '2001-02-03', 'the date is gone')
  page.may = /422/ // how a mistake is answered
  await close(page)
  await json('DELETE', `/api/v1/cameras/${id}`)
})

test('a jump to a date brings the list of that day', async () => {
  const { id } = await json('POST', '/api/v1/cameras', { name: 'Lane', url: urls.gone })
  const page = await open(browser)
  await page.goto(`${base}/cameras/${id}`)
  await page.waitForFunction(() => document.querySelector('[data-film]').tabIndex === 0) // its script runs
  const list = () => page.evaluate(() => Date.parse(document.querySelector('#day time').dateTime))
  for (const [date, press] of [['2026-11-03', 'Enter'], ['2026-10-05', undefined]]) {
    await page.fill('#date', date)
    if (press) await page.press('#date', press)
    else await page.click('[data-jump] button')
    await page.waitForFunction((want) => new Date(Date.parse(document.querySelector('#day time').dateTime)).toLocaleDateString('sv') === want, date)
      .catch(async () => assert.fail(`after a jump to ${date} the list is of ${new Date(await list())}`))
    assert.equal(await page.inputValue('#date'), date)
  }
  await page.click('#earlier')
  await page.waitForFunction(() => document.querySelector('#date').value === '2026-10-04')
  await focused(page, 'earlier')
  page.may = /404 .*playlist/ // nothing was recorded then
  await close(page)
  await json('DELETE', `/api/v1/cameras/${id}`)
})

const addresses = {
  'http://192.168.1.20/login.htm': [/address of a web page/, 'rtsp://192.168.1.20/'],
  '192.168.1.20': [/only where the camera is\. /, 'rtsp://192.168.1.20/'],
  '192.168.1.20:554': [/and a port/, 'rtsp://192.168.1.20:554/'],
  '192.168.1.20/stream1': [/rtsp:\/\/ at the beginning is missing/, 'rtsp://192.168.1.20/stream1'],
  'RTSP: rtsp://192.168.1.20/stream1': [/more here than the address/, 'rtsp://192.168.1.20/stream1'],
}

for (const javaScriptEnabled of [true, false]) {
  test(`an address that is none is explained, and the likely one is offered, ${javaScriptEnabled ? 'with' : 'without'} script`, async () => {
    const page = await open(browser, { javaScriptEnabled })
    for (const [typed, [words, likely]] of Object.entries(addresses)) {
      await byHand(page)
      await page.fill('[name=name]', 'Door')
      await page.fill('[name=url]', typed)
      await page.click('[value=test]')
      await page.locator('.offer').waitFor()
      assert.match(await page.textContent('#url-note'), words)
      assert.equal(await page.inputValue('[name=url]'), typed)
      await page.click('.offer')
      await page.locator('.offer').waitFor({ state: 'detached' })
      assert.equal(await page.inputValue('[name=url]'), likely)
      assert.equal(await page.inputValue('[name=name]'), 'Door')
    }
    page.may = /422/
    await close(page)
  })
}

test('what answers at an address is judged: a web server, a redirect, no path', async () => {
  await each(browser, async (page, shot) => {
    for (const [name, words, likely] of [['https', /web server/, /^Use rtsp:\/\/127\.0\.0\.1\/main$/], ['redirect', /another machine/, /^Use rtsp:\/\/camera\.example:8554\/live$/], ['rootless', /lacks a path/]]) {
      await byHand(page)
      await page.fill('[name=url]', urls[name])
      await page.click('[value=test]')
      await page.locator('.answer.bad:has(b)').waitFor()
      assert.match(await page.textContent('.answer'), words)
      if (likely) assert.match(await page.textContent('.answer .offer'), likely)
      await shot(`address-${name}`)
    }
    await byHand(page)
    await page.fill('[name=url]', 'http://192.168.1.20:8080/login.htm?and=what&people=paste&from=their&browsers=bar')
    await page.click('[value=test]')
    await page.locator('.offer').waitFor()
    await shot('address')
    page.may = /422/
  }, ['light'])
})

test('user and password move from the address into their fields', async () => {
  const page = await open(browser)
  await byHand(page)
  await page.fill('[name=url]', `rtsp://user:p@ss:w/o#rd@${new URL(urls.gone.replace('rtsp', 'http')).host}/stream1`)
  await page.click('[value=test]')
  await page.locator('.answer.bad:has(b)').waitFor()
  assert.equal(await page.inputValue('[name=url]'), `${urls.gone}/stream1`)
  assert.equal(await page.inputValue('[name=user]'), 'user')
  assert.equal(await page.inputValue('[name=password]'), 'p@ss:w/o#rd')
  await close(page)
})
