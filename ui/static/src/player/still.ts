// One picture as the recorder keeps it, and when it was taken.
import { answer } from '../answer'

/**
 * Loads the picture at url into video; resolves to when it was taken, or
 * undefined if there is none. Its address is the video's src, to be revoked
 * when another picture takes its place.
 */
export async function still(video: HTMLVideoElement, url: string): Promise<number | undefined> {
  const picture = await answer(url, async (res) =>
    res.ok ? { taken: res.headers.get('Stoop-Time') ?? '', data: await res.blob() } : undefined)
  if (!picture) return undefined
  const address = URL.createObjectURL(picture.data)
  video.src = address
  if (await settled(video, 'loadeddata')) return Date.parse(picture.taken)
  URL.revokeObjectURL(address)
  return undefined
}

/** Waits for an event; reports false if an error came instead. */
export function settled(video: HTMLVideoElement, type: string): Promise<boolean> {
  return new Promise((done) => {
    const end = new AbortController()
    const over = (ok: boolean) => () => (end.abort(), done(ok))
    video.addEventListener(type, over(true), { signal: end.signal })
    video.addEventListener('error', over(false), { signal: end.signal })
  })
}
