// The first thing that the page of a camera does: it asks for the live picture,
// which takes as long as the rest of the page does.
import { unfit } from './player/fit'
import { prepare } from './player/link'

const { address = '', stream = '', mime = '' } = document.currentScript?.dataset ?? {}
if (!document.hidden && !unfit({ address, stream, mime })) prepare(`${address}/whep?stream=${stream}`)
