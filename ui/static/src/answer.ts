// A program that is about to stop, or a network that breaks, leaves questions
// unanswered. That is no error of the page: the banner says that nobody answers.

/** What read makes of the server's answer; undefined if there is none or it breaks off. */
export async function answer<T>(url: string | URL, read: (res: Response) => T | Promise<T>, init?: RequestInit): Promise<T | undefined> {
  try {
    return await read(await fetch(url, init))
  } catch {
    return undefined
  }
}

/** Why an answer refuses what was asked, in words. */
export const refusal = async (res: Response): Promise<string> => ((await res.json()) as { error: { message: string } }).error.message

/** The text of an answer that grants what was asked. */
export const text = (res: Response): Promise<string> | undefined => (res.ok ? res.text() : undefined)

/** The file that an answer grants. */
export const blob = (res: Response): Promise<Blob> | undefined => (res.ok ? res.blob() : undefined)
