// Who is told, and what a browser shows of what it is told.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { base, close, each, hostile, launch, open, until } from './browser.mjs'

const address = `${base}/settings/notifications`
let browser
before(async () => (browser = await launch()))
after(() => browser.close())

test('a home that a German browser set up tells in German', async (t) => {
  const told = []
  const program = createServer((req, res) => req.setEncoding('utf8').on('data', (body) => told.push(JSON.parse(body))).on('end', () => res.end()))
  await new Promise((done) => program.listen(0, '127.0.0.1', done))
  t.after(() => (program.close(), program.closeAllConnections()))
  const page = await open(browser, { locale: 'de-DE', javaScriptEnabled: false })
  await page.goto(`${address}/new?kind=webhook`)
  await page.fill('#name', 'Programm')
  await page.fill('#url', `http://127.0.0.1:${program.address().port}/`)
  await page.click('[value=save]')
  await page.waitForURL(/saved=1$/)
  assert.equal(await page.inputValue('#language'), 'de')
  const json = { 'Content-Type': 'application/json' }
  const { id } = await (await fetch(`${base}/api/v1/cameras`, { method: 'POST', headers: json, body: JSON.stringify({ name: 'Haustür', url: 'rtsp://127.0.0.1:9/door' }) })).json()
  const ring = async (text) => {
    const { at } = await (await fetch(`${base}/api/v1/cameras/${id}/ring`, { method: 'POST', headers: json })).json()
    await until(() => told.some((m) => m.at === at && m.text === text), () => `it says ${JSON.stringify(told)}`)
    await fetch(`${base}/api/v1/cameras/${id}/ring/answer`, { method: 'POST', headers: json, body: JSON.stringify({ at, who: 'Anna' }) })
    await until(() => told.some((m) => m.at === at && m.gone), () => `it says ${JSON.stringify(told)}`)
  }
  await ring('Jemand ist an der Tür.')
  assert.ok(told.some((m) => m.why === 'Klingeln wird immer gemeldet.'), JSON.stringify(told))
  await page.selectOption('#language', 'en')
  await page.click('form:has(#language) button')
  await page.waitForURL(/saved=1$/)
  await until(async () => (await page.goto(address), (await page.inputValue('#language')) === 'en'), () => 'it is German still')
  await page.waitForTimeout(3100) // within it presses are one ring
  await ring('Somebody is at the door.')
  await page.click('.row.channel a')
  await page.click('[value=remove]')
  await page.waitForURL(/gone=/)
  await fetch(`${base}/api/v1/cameras/${id}`, { method: 'DELETE' })
  await close(page)
})

test('somebody is told, tested, paused and forgotten, without script', async () => {
  const page = await open(browser, { javaScriptEnabled: false })
  await page.goto(base)
  await page.click('.rail a[href="/settings"]')
  await page.click('.settings a[href="/settings/notifications"]')
  await page.click('a[href$="kind=webhook"]')
  await page.fill('#name', hostile.slice(0, 40))
  await page.fill('#url', 'not an address')
  await page.click('[value=save]')
  await page.locator('.wrong #url-note', { hasText: /begins with/ }).waitFor()
  await page.fill('#url', 'http://127.0.0.1:1/canary-4711')
  await page.click('[value=save]')
  await page.waitForURL(/saved=1$/)
  assert.ok(!(await page.content()).includes('canary-4711'))
  await page.click('[value=test]')
  assert.match(await page.textContent('.answer.bad'), /did not reach/)
  await page.click('[value=pause]')
  await page.locator('[value=resume]').waitFor()
  await page.click('.row.channel a')
  assert.equal(await page.inputValue('#url'), '***')
  await page.click('[value=remove]')
  await page.waitForURL(/gone=/)
  assert.equal(await page.locator('.row.channel').count(), 0)
  page.may = /422/ // how a mistake is answered
  await close(page)
})

test('a browser shows what comes, replaces it by what follows, and closes it when it is over', async () => {
  const page = await open(browser)
  await page.context().grantPermissions(['notifications'], { origin: base })
  await page.goto(address)
  const devtools = await page.context().newCDPSession(page)
  const registered = new Promise((done) => {
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const ours = registrations.find((r) => r.scopeURL === `${base}/`)
      if (ours) done(ours.registrationId)
    })
  })
  await devtools.send('ServiceWorker.enable')
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/sw.js?answer=Answer&silence=Silence&open=Open&why=Why', { scope: '/' })
    await navigator.serviceWorker.ready
  })
  const registrationId = await registered
  const tell = (m) => devtools.send('ServiceWorker.deliverPushMessage', { origin: base, registrationId, data: JSON.stringify(m) })
  const shown = () =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready
      return (await registration.getNotifications()).map((n) => ({ title: n.title, body: n.body, tag: n.tag, silent: n.silent, actions: n.actions?.map((a) => a.title) }))
    })
  // A worker may not be known yet to who delivers, and now and then Chromium shows nothing of
  // a message: each is sent until it is there. The worker puts one in the place of its like.
  const comes = async (message, fits) => {
    let all
    let told = 0
    await until(async () => {
      if (Date.now() - told > 3000) {
        told = Date.now()
        await tell(message)
      }
      return fits((all = await shown()))
    }, () => `what is shown is ${JSON.stringify(all)}`)
    return all
  }
  const ring = { id: 'ring-1', kind: 'ring', at: new Date().toISOString(), title: 'Front door', text: 'Somebody rings.', link: '/', picture: false, urgent: true, gone: false, missed: false }
  const [first] = await comes(ring, (all) => all.length === 1)
  assert.deepEqual(first, { title: 'Front door', body: 'Somebody rings.', tag: 'ring-1', silent: false, actions: ['Answer', 'Silence'] })
  const [second] = await comes({ ...ring, text: 'With a picture.', picture: true }, (all) => all[0]?.body === 'With a picture.')
  assert.equal(second.silent, true, 'the picture sounds a second time')
  assert.equal((await shown()).length, 1)
  await comes({ ...ring, id: 'motion-1', kind: 'motion', urgent: false, title: hostile }, (all) => all.length === 2 && all.some((n) => n.title === hostile && n.actions.length === 1))
  // Any other kind than a ring that goes on leads to why it came.
  for (const m of [{ kind: 'motion' }, { kind: 'message' }, { kind: 'digest' }, { kind: 'ring', missed: true }]) {
    await comes({ ...ring, id: 'why-1', urgent: false, text: m.kind, why_link: '/settings/alerts?told=why-1#told', ...m }, (all) => all.some((n) => n.tag === 'why-1' && n.body === m.kind && String(n.actions) === 'Open,Why'))
  }
  await comes({ ...ring, id: 'why-1', gone: true }, (all) => all.length === 2)
  await comes({ ...ring, gone: true, text: 'Answered.' }, (all) => all.length === 1 && all[0].tag === 'motion-1')
  assert.deepEqual(await page.evaluate(async () => (await caches.keys()).length), 0)
  page.may = /picture\.jpg/ // nobody took one
  await close(page)
})

test('the pages of notifications hold on a phone and a desk', async () => {
  for (const [name, url, paused] of [['Kitchen tablet', 'http://127.0.0.1:1/x', false], ['Node-RED', 'http://127.0.0.1:1/y', true]]) {
    const res = await fetch(`${base}/api/v1/channels`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ kind: 'webhook', name, settings: { url } }),
    })
    const { id } = await res.json()
    const changed = paused
      ? await fetch(`${base}/api/v1/channels/${id}`, { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ paused }) })
      : await fetch(`${base}/api/v1/channels/${id}/test`, { method: 'POST' })
    assert.equal(changed.status, 200)
  }
  await each(browser, async (page, shot) => {
    await page.goto(address)
    await page.locator('[data-phone] [data-turn=on]:visible, [data-phone] [data-when=denied]:visible').waitFor()
    await shot('notifications-channels')
    await page.click('[data-phone] summary')
    await shot('notifications')
    await page.goto(`${address}/new?kind=mqtt`)
    await shot('notifications-mqtt')
  })
})
