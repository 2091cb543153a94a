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
  try {
    await new Promise((done, fail) => {
      video.addEventListener('loadeddata', done, { once: true })
      video.addEventListener('error', fail, { once: true })
      video.src = address
    })
  } catch {
    URL.revokeObjectURL(address)
    return undefined
  }
  return Date.parse(picture.taken)
}
