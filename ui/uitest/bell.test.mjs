// How a press is heard is chosen on a page, and a device that calls an address rings.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { base, close, each, launch, open, until } from './browser.mjs'

const address = `${base}/cameras/1/bell`
let browser
before(async () => (browser = await launch()))
after(() => browser.close())

const rings = () => fetch(`${base}/api/v1/rings`).then((r) => r.json()).then((all) => all.rings)

/** Somebody goes to the door. */
const answer = (at) =>
  fetch(`${base}/api/v1/cameras/1/ring/answer`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ at, who: 'Anna' }) })

for (const [how, options] of [['with script', {}], ['without script', { javaScriptEnabled: false }]]) {
  test(`a device that calls an address is chosen ${how}, rings, is changed and removed`, async () => {
    const page = await open(browser, options)
    await page.goto(`${base}/cameras/1`)
    await page.locator('.menu summary').last().click()
    await page.getByRole('link', { name: 'Bell and inputs' }).click()
    await page.waitForURL(/\/cameras\/1\/bell$/)
    await page.getByRole('link', { name: /^Webhook/ }).click()
    await page.getByRole('button', { name: 'Use this' }).click()
    const call = await page.textContent('.sheet code')
    assert.match(call, new RegExp(`^${base}/api/v1/bells/`), 'the address is not one of this home')
    assert.match(await page.textContent('main'), /It was not called yet\./)

    // What is pressed within 3 s of another press is the same.
    await until(async () => Date.now() - Date.parse((await rings())[0]?.at ?? 0) > 4000, () => 'it rings by itself')
    const before = (await rings()).length
    assert.equal((await fetch(call)).status, 204)
    let all
    await until(async () => (all = await rings()).length > before, () => 'a call does not ring')
    assert.equal((await answer(all[0].at)).status, 200)
    await page.goto(address)
    assert.equal(await page.locator('.sheet code').count(), 0, 'the address is told twice')
    assert.match(await page.textContent('main'), /Heard /)

    // What a call means can be changed; the address before is nobody's then.
    await page.getByRole('link', { name: 'Change' }).click()
    await page.getByText('What is made now takes the place').first().waitFor()
    await page.selectOption('#means', 'door')
    await page.getByRole('button', { name: 'Use this' }).click()
    const second = await page.textContent('.sheet code')
    assert.notEqual(second, call)
    assert.equal((await fetch(call)).status, 404, 'the address before can be called')
    all = (await rings()).length
    assert.equal((await fetch(second)).status, 204)
    await page.getByRole('button', { name: 'Remove' }).click()
    await page.waitForURL(/\/bell$/)
    await until(async () => (await fetch(second)).status === 404, () => 'what was removed can be called')
    assert.equal((await rings()).length, all, 'an opened door rings')
    await close(page)
  })
}

test('a doorbell that calls by SIP gets a user and a password', async () => {
  const page = await open(browser)
  await page.goto(address)
  await page.getByRole('link', { name: /^SIP/ }).click()
  assert.equal(await page.inputValue('#address'), '127.0.0.1', 'where the page was found is not proposed')
  await page.fill('#address', '127.0.0.1:5760')
  await page.getByRole('button', { name: 'Use this' }).click()
  await page.locator('.sheet code').nth(1).waitFor()
  const [user, password] = await page.locator('.sheet code').allTextContents()
  assert.equal(user, 'door1')
  assert.match(password, /^[a-z2-7]{16}$/)
  assert.match(await page.textContent('main'), /127\.0\.0\.1:5760.*did not register yet/s)
  await page.locator('section', { hasText: '127.0.0.1:5760' }).getByRole('button', { name: 'Remove' }).click()
  await page.waitForURL(/\/bell$/)
  await close(page)
})

test('a mistake is said above the form, and what was typed stays', async () => {
  const page = await open(browser)
  await page.goto(`${address}?kind=2n`)
  await page.uncheck('#as_camera').catch(() => undefined) // as it is at first
  await page.fill('#address', 'not an address')
  await page.fill('#user', 'Anna')
  await page.fill('#password', 'canary')
  await page.getByRole('button', { name: 'Use this' }).click()
  await page.locator('.alarm').waitFor()
  assert.equal(await page.inputValue('#address'), 'not an address')
  assert.equal(await page.inputValue('#user'), 'Anna')
  assert.equal(await page.inputValue('#password'), '', 'a password comes back')
  page.may = /400/
  await close(page)
})

test('every width and scheme has room for it', () =>
  each(browser, async (page, shot) => {
    for (const [name, query] of [['bell', ''], ['bell-form', '?kind=mqtt'], ['bell-hook', '?kind=webhook']]) {
      await page.goto(address + query)
      await page.locator('[data-part=foot]').waitFor({ state: 'attached' })
      const small = await page.evaluate(() =>
        [...document.querySelectorAll('.page :is(a, button, summary, input:not([type=hidden]), select)')]
          .filter((e) => e.checkVisibility() && !e.closest('.about'))
          .map((e) => [e, (e.matches('[type=checkbox]') ? e.closest('.dot') : e).getBoundingClientRect()])
          .filter(([, r]) => r.height < 43.5)
          .map(([e, r]) => `${e.outerHTML.slice(0, 80)} ${r.height}`))
      assert.deepEqual(small, [], 'too small for a thumb')
      await shot(name)
    }
  }))
