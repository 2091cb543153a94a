import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { base, close, each, focused, launch, open, stage } from './browser.mjs'

const key = process.env.STOOP_KEY
const wrong = 'not the key at all'
let browser
before(async () => (browser = await launch()))
after(() => browser.close())

async function enter(page, what) {
  await page.fill('[name=key]', what)
  await Promise.all([page.waitForEvent('load'), page.click('button[type=submit]')])
}

test('strangers get nothing from the API, and pages send them to the door', async () => {
  for (const path of ['/api/v1/cameras', '/api/v1/states', '/api/v1/cameras/1/live.mp4']) {
    assert.equal((await fetch(base + path)).status, 401, path)
  }
  assert.equal((await fetch(`${base}/api/v1/cameras`, { headers: { Authorization: `Bearer ${key}` } })).status, 200)
  const page = await fetch(`${base}/cameras/new`, { headers: { Accept: 'text/html' }, redirect: 'manual' })
  assert.equal(page.status, 303)
  assert.equal(page.headers.get('Location'), '/login?next=%2Fcameras%2Fnew')
})

test('the door at every width, light and dark', async () => {
  await each(browser, async (page, shot) => {
    await page.goto(base)
    assert.match(page.url(), /\/login\?next=%2F$/)
    await focused(page, 'key')
    await shot('login')
  })
})

test('a browser is asked once and comes to the page it asked for', async () => {
  const page = await open(browser)
  await page.goto(`${base}/cameras/new?from=link`)
  await enter(page, wrong)
  assert.equal(await page.textContent('#key-note'), 'That is not the key.')
  assert.equal(await page.getAttribute('#key', 'aria-invalid'), 'true')
  assert.equal(await page.inputValue('#key'), '')
  await enter(page, key)
  assert.equal(page.url(), `${base}/cameras/new?from=link`)
  await page.reload()
  assert.equal(page.url(), `${base}/cameras/new?from=link`)
  assert.equal(await page.evaluate(() => fetch('/api/v1/cameras').then((r) => r.status)), 200)
  const [cookie] = await page.context().cookies()
  assert.ok(cookie.httpOnly && cookie.sameSite === 'Lax' && cookie.expires > Date.now() / 1000 + 80 * 86_400, JSON.stringify(cookie))

  // Who is no longer let in is not told that the program does not answer.
  await page.context().clearCookies()
  await stage('program/stop')
  await stage('program/start')
  await page.waitForURL(/\/login\?next=%2Fcameras%2Fnew%3Ffrom%3Dlink$/)
  page.may = /403|401|ERR_/ // a wrong key, and the program that was away
  await close(page)
})

test('who signs out is asked again', async () => {
  const page = await open(browser)
  await page.goto(base)
  await enter(page, key)
  await page.click('.rail a[href="/settings"]')
  await Promise.all([page.waitForURL(/\/login$/), page.click('form[action="/logout"] button')])
  await page.goto(base)
  assert.match(page.url(), /\/login\?next=%2F$/)
  page.may = /401 .*\/settings/ // what changed meanwhile is asked for once more
  await close(page)
})

test('who guesses has to wait, and is told how long', async () => {
  await each(browser, async (page, shot) => {
    await page.goto(`${base}/login`)
    for (let tries = 0; tries < 6; tries++) {
      await enter(page, wrong)
      if (!/not the key/.test(await page.textContent('#key-note'))) break
    }
    assert.match(await page.textContent('#key-note'), /^Too many wrong keys\. Try again in \d+ s\.$/)
    await enter(page, key)
    assert.match(page.url(), /\/login$/, 'the right key is taken while the address has to wait')
    await shot('login-wait')
    page.may = /403|429/
  }, ['light'])
})
