// How soon a page shows pictures, and how old they are when they are seen. The
// camera draws its clock into them, see bench_clock_test.go; this is the same
// machine. `make live` runs it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { launch, until } from './browser.mjs'

const ways = JSON.parse(process.env.STOOP_WAYS)
const visits = Number(process.env.STOOP_VISITS)
const live = 1000 // ms: a picture that is not older is of now
const level = 3000 // ms from the first picture on until a player has found its pace
const quiet = 1000 // ms for which nothing else is done: before a page, while a tab goes and another comes, and in its first second
const watched = 3000 // ms from there on, in which the age of pictures is measured

/**
 * In the page, before its own scripts: notes of every picture when it was shown,
 * in ms since the page was asked for, and how old it was. Of a picture that is
 * not presented yet, the instant at which it will be is taken.
 */
const record = () => {
  const pictures = (window.pictures = [])
  const c = Object.assign(document.createElement('canvas'), { width: 80, height: 4 }).getContext('2d', { willReadFrequently: true })
  const followed = new WeakSet()
  const age = (video, at) => {
    c.drawImage(video, 0, 0, video.videoWidth, video.videoWidth / 20, 0, 0, 80, 4)
    const row = c.getImageData(0, 2, 80, 1).data
    let n = 0
    for (let bit = 0; bit < 20; bit++) n = n * 2 + (row[4 * (4 * bit + 2)] > 127 ? 1 : 0)
    const [time, sum] = [n >> 4, n & 15]
    if ((((time >> 12) + (time >> 8) + (time >> 4) + time) & 15) !== sum) return undefined
    return (Math.round(at) - time) & 0xffff
  }
  const follow = (video) => {
    if (followed.has(video)) return
    followed.add(video)
    const note = (_, frame) => {
      const now = performance.now()
      const at = Math.max(now, frame.expectedDisplayTime)
      const still = !video.srcObject && !video.src.startsWith('blob:') // it came with the page
      pictures.push({ at, still, age: age(video, Date.now() + at - now) })
      video.requestVideoFrameCallback(note)
    }
    video.requestVideoFrameCallback(note)
  }
  // What a connection waits for, one after the other, in ms since the page was asked for.
  const marks = (window.marks = {})
  const mark = (name, at = performance.now()) => (marks[name] ??= at)
  const Connection = window.RTCPeerConnection
  if (Connection) window.RTCPeerConnection = class extends Connection {
    constructor(...all) {
      super(...all)
      mark('script')
      this.addEventListener('iceconnectionstatechange', () => this.iceConnectionState === 'connected' && mark('ice'))
      this.addEventListener('connectionstatechange', () => this.connectionState === 'connected' && mark('dtls'))
      this.addEventListener('track', ({ track }) => track.kind === 'video' && track.addEventListener('unmute', () => mark('packet')))
    }
    async setRemoteDescription(...all) {
      mark('answer')
      await super.setRemoteDescription(...all)
      mark('set')
    }
  }
  const { fetch } = window
  window.fetch = (to, init) => {
    if (init?.method === 'POST') mark('offer')
    return fetch(to, init)
  }
  new MutationObserver(() => document.querySelectorAll('video').forEach(follow)).observe(document, { childList: true, subtree: true })
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms))

const steps = ['page', 'script', 'offer', 'answer', 'set', 'ice', 'dtls', 'packet', 'picture']

/** Loads the page of a way, and returns the pictures that it showed, and what they waited for. */
async function visit(browser, way, ms) {
  const page = await browser[way.rtc].newPage()
  await pause(quiet)
  await page.goto(way.url, { waitUntil: 'commit' })
  await pause(quiet)
  let pictures = []
  await until(async () => (pictures = await page.evaluate(() => window.pictures.filter((p) => !p.still))).length > 0, () => `${way.name}: no picture`, 30_000)
  await pause(ms)
  pictures = await page.evaluate(() => window.pictures)
  const marks = await page.evaluate(() => ({ ...window.marks, page: performance.getEntriesByType('navigation')[0].responseEnd }))
  await page.close()
  pictures = pictures.filter((p) => !p.still)
  const read = pictures.filter((p) => p.age !== undefined)
  assert.ok(read.length > pictures.length * 0.9, `${way.name}: the clock was read in ${read.length} of ${pictures.length} pictures`)
  return { pictures: read, marks: { ...marks, picture: read[0].at } }
}

const at = (all, share) => [...all].sort((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * share))]

test('how soon and how old', async () => {
  const chromium = await launch()
  const browser = { true: await chromium.newContext(), false: await chromium.newContext() }
  for (const context of Object.values(browser)) await context.addInitScript(record)
  await browser.false.addInitScript(() => delete window.RTCPeerConnection)
  const seen = ways.map(() => ({ first: [], now: [], age: [], marks: [] }))
  for (let n = -1; n < visits; n++) {
    for (const [i, way] of ways.entries()) {
      const { pictures, marks } = await visit(browser, way, n < 0 ? 0 : level + watched)
      if (n < 0) continue // the first fills the browser's cache
      const first = pictures[0].at
      seen[i].first.push(first)
      seen[i].marks.push(marks)
      seen[i].now.push(pictures.find((p) => p.age <= live)?.at ?? Infinity)
      seen[i].age.push(...pictures.filter((p) => p.at > first + level).map((p) => p.age))
    }
  }
  await chromium.close()
  console.log(`${visits} visits of each page; ms, p50 and p95                 beside ${ways[0].name}`)
  console.log('                    first picture   of now (<= 1 s)   glass to glass   first, of now, glass')
  for (const [i, way] of ways.entries()) {
    const ms = (n) => (n < Infinity ? n.toFixed(0) : 'never').padStart(6)
    const pair = (what) => `${ms(at(seen[i][what], 0.5))} ${ms(at(seen[i][what], 0.95))}`
    const ratio = (what) => `${(at(seen[i][what], 0.5) / at(seen[0][what], 0.5)).toFixed(2).padStart(5)}`
    console.log(`${way.name.padEnd(18)}  ${pair('first')}   ${pair('now')}     ${pair('age')}    ${ratio('first')}   ${ratio('now')}   ${ratio('age')}`)
  }
  console.log(`what the first picture waits for; ms since the page was asked for, p50 and p95`)
  console.log(`${' '.repeat(18)}${steps.map((step) => step.padStart(12)).join('')}`)
  for (const [i, way] of ways.entries()) {
    if (!way.rtc) continue
    const cell = (step) => [0.5, 0.95].map((share) => at(seen[i].marks.map((m) => m[step] ?? NaN), share).toFixed(0)).join(' ')
    console.log(`${way.name.padEnd(18)}${steps.map((step) => cell(step).padStart(12)).join('')}`)
  }
})
