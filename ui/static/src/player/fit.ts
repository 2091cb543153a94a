// Whether a stream would come by WebRTC, as far as one knows before it is tried.
import type { Why } from './link'

const again = 10 * 60_000 // ms after which it is tried once more whether UDP gets through
const key = 'stoop:unreached'

export interface Target {
  address: string // of the camera in the API
  stream: string
  mime: string
}

const refused = new Map<string, Why>() // by stream

/** Why target would not come by WebRTC as far as one knows, if so. */
export const unfit = (target: Target): Why | undefined => refused.get(name(target)) ?? unlike(target.mime)

const name = ({ address, stream, mime }: Target) => `${address} ${stream} ${mime}`

/** Whether a picture that is so many CSS pixels wide shows that its stream has only so many: half more is seen as blur, and more than two to one is not seen. */
export const outgrown = (width: number, density: number, wide: number): boolean => wide > 0 && width * Math.min(density || 1, 2) > 1.5 * wide

/** Whether a stream of that type has sound. */
export const sounds = (mime: string) => /mp4a|opus|flac/i.test(mime)

/** Why a stream of that type is not tried, if it is not. */
function unlike(mime: string): Why | undefined {
  if (!('RTCPeerConnection' in window)) return 'browser'
  if (mime && !/avc1/.test(mime)) return 'codec'
  if (Date.now() - unreached() < again) return 'unreached'
  return undefined
}

function unreached(): number {
  try {
    return Number(sessionStorage.getItem(key)) || missed
  } catch {
    return missed // the browser keeps nothing
  }
}

let missed = 0 // when UDP did not get through on this page

/** Takes note of why target does not come by WebRTC. */
export function refuse(target: Target, why: Why): void {
  if (why === 'unreached') remember()
  else refused.set(name(target), why)
}

function remember(): void {
  missed = Date.now()
  try {
    sessionStorage.setItem(key, String(missed))
  } catch {} // then it is tried again by the next page
}
