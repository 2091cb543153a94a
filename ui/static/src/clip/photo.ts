// A photo: the picture that is shown, in the large stream's full resolution.
import { answer, blob } from '../answer'
import { settled } from '../player/still'
import { iso } from '../time'

const tries = 4 // of footage that is not on disk yet
const pause = 1500 // ms between them
const length = 1000 // ms of the film that the picture is taken from
const quality = 0.92 // of the JPEG: no loss is seen

/** The picture of an instant as JPEG, or what shows it now where there is none on disk. */
export async function photo(camera: number, at: number, shown: HTMLVideoElement): Promise<Blob | undefined> {
  for (let i = 0; i < tries; i++) {
    if (i) await new Promise((done) => setTimeout(done, pause))
    const query = new URLSearchParams({ stream: 'main', from: iso(at), to: iso(at + length), form: 'silent' })
    const film = await answer(`/api/v1/cameras/${camera}/export.mp4?${query}`, blob)
    if (!film) continue
    const url = URL.createObjectURL(film)
    const video = document.createElement('video')
    video.muted = true
    video.src = url
    const there = await settled(video, 'loadeddata')
    const jpeg = there ? await still(video) : undefined
    URL.revokeObjectURL(url)
    if (jpeg) return jpeg
    break // this browser can't show the large stream
  }
  return still(shown)
}

/** The picture that a video shows, as JPEG. */
export async function still(video: HTMLVideoElement): Promise<Blob | undefined> {
  if (!video.videoWidth) return undefined
  const canvas = document.createElement('canvas')
  canvas.width = video.videoWidth
  canvas.height = video.videoHeight
  canvas.getContext('2d')?.drawImage(video, 0, 0)
  return (await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', quality))) ?? undefined
}

/** Has the browser keep a photo, named as exports are: after camera and time. */
export function keep(jpeg: Blob, camera: string, at: number): void {
  const a = document.createElement('a')
  a.href = URL.createObjectURL(jpeg)
  const when = new Date(at).toISOString().slice(0, 19).replace('T', ' ').replaceAll(':', '.')
  a.download = `${camera.replace(/[/\\:*?"<>|]/g, '-')} ${when} UTC.jpg`
  a.click()
  setTimeout(() => URL.revokeObjectURL(a.href), 60_000)
}
