// Three homes are asked by an agency: one hands over a clip with a blurred part,
// one puts it aside, one never looks, and the agency has the clip and nothing
// else. Then it shows two records, and is shut out everywhere.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { base, close, launch, open, shots, until } from './browser.mjs'
import { anna, ben, cleo } from './street.mjs'

const homes = [anna, ben, cleo]
const office = process.env.STOOP_AGENCY
let browser, scratch
before(async () => {
  browser = await launch()
  scratch = await mkdtemp(join(tmpdir(), 'stoop-agency-'))
})
after(async () => {
  await browser.close()
  await rm(scratch, { recursive: true })
})

const run = promisify(execFile)
const program = process.env.STOOP_PROGRAM
/** Does what an agency does, with the key in dir. */
async function does(dir, ...args) {
  const { stdout, stderr } = await run(program, ['agency', ...args, '--agency', dir])
  return { said: stdout, beside: stderr }
}
const inbox = async () => {
  const { said, beside } = await does(office, 'inbox', '--json')
  assert.equal(beside, '', 'more is said than what came')
  return JSON.parse(said)
}
/** Every row of every table that the agency keeps. */
const kept = async () => (await fetch(process.env.STOOP_KEPT)).json()

const get = async (url) => {
  const res = await fetch(url)
  assert.equal(res.status, 200, url)
  return res.text()
}
/** The street of a home: its address there. */
const street = async (home) => (await fetch(`${home}/street`, { method: 'HEAD' })).url

/**
 * What a home shows of the neighborhood, by path, but for how many homes it reaches and
 * which have what it said, since links come and go, and what it recorded itself.
 */
async function pages(home, request) {
  const of = await street(home)
  const paths = ['', '/members', '/stewards', '/agencies', '/requests', `/requests/${request}`, '/ledger']
  const own = /<p [^>]*data-(part="reach"|delivery)[^>]*>.*?<\/p>|<section [^>]*aria-labelledby="have">.*?<\/section>/gs
  const said = async (path) => (await get(of + path)).match(/<main.*<\/main>/s)[0].replace(own, '')
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await said(path)])))
}

/** Fails if a home shows something else than it did. */
async function shows(home, request, was) {
  for (const [path, said] of Object.entries(await pages(home, request))) {
    const at = [...said].findIndex((c, i) => c !== was[path][i])
    const around = (text) => text.slice(Math.max(at - 200, 0), at + 200)
    assert.ok(said === was[path], `${home} shows at ${path}: …${around(said)}…, and showed …${around(was[path])}…`)
  }
}

/** How much neighboring points differ in the middle of a film's first picture. */
async function detail(film) {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', film, '-frames:v', '1', '-vf', 'crop=iw/4:ih/4,scale=160:90:flags=neighbor', '-pix_fmt', 'gray', '-f', 'rawvideo', '-'], { encoding: 'buffer' })
  let sum = 0
  for (let i = 1; i < stdout.length; i++) sum += Math.abs(stdout[i] - stdout[i - 1])
  return sum / stdout.length
}

test('who answers is heard, and of who does not there is no trace', async () => {
  let request
  await until(async () => {
    request = JSON.parse((await does(office, 'log', '--json')).said).find((e) => e.kind === 'request')?.id
    return request
  }, () => 'the agency does not ask', 90_000)
  for (const home of homes) {
    const page = `${await street(home)}/requests/${request}`
    await until(async () => (await get(page)).includes('Verified: 3 homes'), () => `${home} has no request that three homes saw`)
    // What the demo still has to say has been said.
    const feed = await street(home)
    await until(async () => /Do the lights flicker.*<video/s.test(await get(feed)), () => `${home} has no clip of a neighbor's`, 60_000)
  }
  assert.deepEqual(await inbox(), [])
  const nothing = await kept()
  const was = { [anna]: await pages(anna, request), [ben]: await pages(ben, request), [cleo]: await pages(cleo, request) }

  // Ben reads it and puts it aside. Nothing is different anywhere else.
  const reader = await open(browser, { home: ben })
  await reader.goto(`${await street(ben)}/requests`)
  await reader.getByRole('link', { name: 'A fire' }).click()
  await reader.getByRole('heading', { name: 'Do I have something?' }).waitFor()
  await reader.getByRole('button', { name: 'Put aside' }).click()
  await reader.getByText('1 request is put aside').waitFor()
  await close(reader)
  assert.deepEqual(await inbox(), [])
  assert.deepEqual(await kept(), nothing)
  for (const home of [anna, cleo]) await shows(home, request, was[home])
  const aside = await pages(ben, request)

  // Anna hands over a clip, with what is nobody's business blurred.
  const page = await open(browser)
  await page.goto(`${await street(anna)}/requests/${request}`)
  const choose = page.getByRole('link', { name: 'Choose a part to hand over' }).first()
  const recorded = new URL(await choose.getAttribute('href'), base).searchParams
  await choose.click()
  await page.waitForSelector('.strip-of input')
  await page.click('text=Blur a part')
  const box = await page.locator('[data-paint]').boundingBox()
  await page.mouse.move(box.x + 0.3 * box.width, box.y + 0.3 * box.height)
  await page.mouse.down()
  await page.mouse.move(box.x + 0.7 * box.width, box.y + 0.7 * box.height, { steps: 4 })
  await page.mouse.up()
  await page.click('button:has-text("Show what would leave")')
  await page.waitForURL(/answer\?draft=/, { timeout: 120_000 })
  await page.screenshot({ path: `${shots}/answer-1440.png` })
  const looked = await page.evaluate(async () => {
    const film = await (await fetch(document.querySelector('.preview video').src)).arrayBuffer()
    return [...new Uint8Array(await crypto.subtle.digest('SHA-256', film))].map((b) => b.toString(16).padStart(2, '0')).join('')
  })
  await page.fill('#words', 'Smoke came over the fence.')
  await page.check('#way-now')
  await page.check('#sure')
  await page.getByRole('button', { name: 'Hand it over' }).click()
  await page.getByText(looked).waitFor()
  await page.screenshot({ path: `${shots}/ledger-1440.png` })
  await close(page)

  // The agency has the very clip, and nothing but it.
  let got
  await until(async () => (got = await inbox())[0]?.words, () => `the inbox holds ${JSON.stringify(got)}`, 30_000)
  const { id, came, sent, until: keep, count, case: number, ...rest } = got[0]
  assert.equal(got.length, 1)
  assert.match(number, /^2026-\d+$/)
  assert.equal(Date.parse(keep) - Date.parse(sent), 30 * 86_400_000)
  assert.ok(Date.parse(came) >= Date.parse(sent))
  assert.deepEqual(rest, { have: count, request, words: 'Smoke came over the fence.', files: ['1.mp4'] })
  const { said } = await does(office, 'inbox', '--open', id, '--out', join(scratch, 'open'))
  assert.deepEqual(said.trim().split('\n').map((f) => f.split('/').at(-1)), ['words.txt', '1.mp4'])
  const film = join(scratch, 'open', '1.mp4')
  assert.equal(createHash('sha256').update(await readFile(film)).digest('hex'), looked)
  const raw = join(scratch, 'raw.mp4')
  const span = new URLSearchParams({ from: recorded.get('from'), to: recorded.get('to') })
  await writeFile(raw, Buffer.from(await (await fetch(`${base}/api/v1/cameras/1/export.mp4?${span}`)).arrayBuffer()))
  const [blurred, sharp] = [await detail(film), await detail(raw)]
  assert.ok(blurred * 3 < sharp, `what was blurred has detail of ${blurred}, and of ${sharp} before`)

  const has = await kept()
  for (const table of ['response', 'piece']) {
    assert.deepEqual([nothing[table].length, has[table].length > 0], [0, true])
    has[table] = []
  }
  assert.deepEqual(has, nothing)
  for (const name of ['Anna', 'Ben', 'Cleo']) assert.ok(!JSON.stringify(await kept()).includes(name), `the agency knows of ${name}`)
  await shows(ben, request, aside)
  await shows(cleo, request, was[cleo])
})

test('an agency that shows two records is shut out of every home', async () => {
  const hosts = (await does(office, 'sponsor', 'list')).said.trim().split('\n')
  assert.equal(hosts.length, 2)
  const copies = await Promise.all(hosts.map(async (host, i) => {
    const copy = join(scratch, `record-${i}`)
    await cp(office, copy, { recursive: true })
    for (const other of hosts) if (other !== host) await does(copy, 'sponsor', 'remove', '--sponsor', other)
    return copy
  }))
  for (const home of homes) assert.match(await get(`${await street(home)}/agencies`), />May ask</)
  const first = await does(copies[0], 'bulletin', '--title', 'To one sponsor', '--text', 'This is all that we ever said.')
  assert.equal(first.beside, `${hosts[0]} has the log\n`)
  // The other sponsor may have heard of the first record before it is shown this one.
  const second = await does(copies[1], 'bulletin', '--title', 'To the other', '--text', 'We never said anything else.').catch((e) => ({ beside: e.stderr }))
  assert.match(second.beside, /has the log$|shows two logs is suspended/m)
  for (const home of homes) {
    const page = await open(browser, { home })
    await page.goto(`${await street(home)}/agencies`)
    await page.getByText('Showed two records').waitFor({ timeout: 60_000 })
    assert.deepEqual(await page.locator('.chip').allTextContents(), ['Showed two records'])
    if (home === cleo) await page.screenshot({ path: `${shots}/two-records-1440.png` })
    await close(page)
  }

  // Cleo gives the record and the proof to a journalist, who trusts nobody.
  const record = join(scratch, 'record.tar')
  await run(program, ['neighborhood', 'record', '--listen', new URL(cleo).host, '--agency', 'Fire brigade', '--out', record])
  const verified = await run(program, ['agency', 'verify', '--log', record]).catch((e) => e)
  assert.match(verified.stdout, /^Fire brigade \(fire\), key [0-9a-f]{64}$/m)
  assert.match(verified.stdout, /^the agency showed two logs, and a proof of it is here$/m)
  assert.equal(verified.code, 5)
})
