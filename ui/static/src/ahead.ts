// The first thing that the page of a camera does: it asks for the live picture,
// and lets it have the machine. The scripts of the page would take as long as it.
import { unfit } from './player/fit'
import { prepare } from './player/link'

const { address = '', stream = '', mime = '', page = '' } = document.currentScript?.dataset ?? {}
const read = new Promise((done) => document.addEventListener('DOMContentLoaded', done, { once: true }))
const shown = !document.hidden && !unfit({ address, stream, mime }) && prepare(`${address}/whep?stream=${stream}`)
void Promise.all([read, shown]).then(() => {
  document.querySelector('[data-video]')?.setAttribute('preload', 'auto')
  return import(page)
})
