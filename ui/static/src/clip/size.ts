// How much a clip takes, or why it can't be made: asked before it is taken away.
import { answer } from '../answer'
import { say } from '../words'

const wait = 400 // ms after the last change
const kinds: Record<string, string> = { invalid: 'clip_mixed', not_found: 'clip_away' }

export interface Size {
  bytes?: number
  refused?: string // why
}

/** Asks for the first byte of what the newest address gives. */
export class Sizer {
  #address = ''
  #timer = 0
  #asking?: AbortController
  #size?: Size

  constructor(private readonly changed: () => void) {}

  /** What is known of an address. */
  of(address: string): Size | undefined {
    if (address !== this.#address) {
      this.#address = address
      this.#size = undefined
      this.#asking?.abort()
      clearTimeout(this.#timer)
      if (address) this.#timer = window.setTimeout(() => void this.#ask(address), wait)
    }
    return this.#size
  }

  async #ask(address: string): Promise<void> {
    const { signal } = (this.#asking = new AbortController())
    const size = await answer(address, read, { headers: { Range: 'bytes=0-0' }, signal })
    if (!size || address !== this.#address) return
    this.#size = size
    this.changed()
  }
}

async function read(res: Response): Promise<Size> {
  if (res.ok) {
    await res.arrayBuffer()
    return { bytes: Number(res.headers.get('Content-Range')?.split('/')[1]) || undefined }
  }
  const { kind } = ((await res.json()) as { error: { kind: string } }).error
  return kinds[kind] ? { refused: say(kinds[kind]) } : {}
}

/** 2,000,000 bytes as 2 MB. */
export function megabytes(bytes: number): string {
  const unit = bytes < 1e9 ? 'megabyte' : 'gigabyte'
  const n = bytes / (bytes < 1e9 ? 1e6 : 1e9)
  return new Intl.NumberFormat(document.documentElement.lang, { style: 'unit', unit, maximumSignificantDigits: n < 100 ? 2 : 3 }).format(n)
}
