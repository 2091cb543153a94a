// Draws ui/static/icon.svg as the PNG files that phones take: `node icons.mjs`.
// The one of 180 pixels fills its square, since iPhones round it themselves.
import { readFile } from 'node:fs/promises'
import { launch } from './browser.mjs'

const svg = await readFile('../static/icon.svg', 'utf8')
const browser = await launch()
for (const size of [180, 192, 512]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } })
  await page.setContent(`<style>*{margin:0;display:block}svg{width:100vw}</style>${size === 180 ? svg.replace('rx="8"', '') : svg}`)
  await page.screenshot({ path: `../static/icon-${size}.png`, omitBackground: true })
}
await browser.close()
