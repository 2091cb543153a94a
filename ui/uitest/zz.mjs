import { chromium } from 'playwright-core'
const base = process.argv[2] ?? 'http://127.0.0.1:7001'
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox','--disable-gpu','--disable-quic','--no-first-run','--disable-background-networking','--disable-component-update','--disable-sync','--autoplay-policy=no-user-gesture-required'] })
const at = new Date(Date.now() - 5*3600e3).toISOString().slice(0,19)+'Z'
const pages = { home: '/', camera: '/cameras/1', past: '/cameras/1?at='+at, add: '/cameras/new', login: '/login', none: '/nowhere', remove: '/cameras/1/remove' }
const only = process.argv[3]?.split(',')
const sizes = (process.argv[4] ?? '390,820,1440').split(',').map(Number), schemes = (process.argv[5] ?? 'light').split(',')
for (const scheme of schemes) for (const w of sizes) for (const [name, p] of Object.entries(pages)) {
  if (only && !only.includes(name)) continue
  const c = await b.newContext({ viewport: { width: w, height: w < 500 ? 844 : w < 1000 ? 1180 : 900 }, colorScheme: scheme, deviceScaleFactor: w < 500 ? 2 : 1, hasTouch: w < 500 })
  const page = await c.newPage()
  page.on('console', m => { if (m.type() === 'error' || m.type() === 'warning') console.log(name, w, m.type(), m.text()) })
  page.on('pageerror', e => console.log(name, w, 'PAGEERROR', e.message, e.stack))
  await page.goto(base + p)
  await page.waitForTimeout(name.match(/home|camera|past/) ? 3500 : 500)
  await page.screenshot({ path: `/tmp/uiw/shots/${name}-${w}-${scheme}.png`, fullPage: false })
  if (name === 'past' || name==='camera') console.log(name, w, await page.evaluate(() => JSON.stringify({ t: document.querySelector('video').currentTime, m: performance.getEntriesByType('measure').map(m => Math.round(m.duration)), src: document.querySelector('video').src.slice(0,30), err: document.querySelector('video').error?.message })))
  await c.close()
}
await b.close()
