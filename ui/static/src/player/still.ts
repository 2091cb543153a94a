// One picture as the recorder keeps it, and when it was taken.

/**
 * Loads the picture at url into video; resolves to when it was taken, or
 * undefined if there is none. Its address is the video's src, to be revoked
 * when another picture takes its place.
 */
export async function still(video: HTMLVideoElement, url: string): Promise<number | undefined> {
  const res = await fetch(url).catch(() => undefined)
  if (!res?.ok) return undefined
  const address = URL.createObjectURL(await res.blob())
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
  return Date.parse(res.headers.get('Stoop-Time') ?? '')
}
