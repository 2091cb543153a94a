package footage

// maxStrain is the backlog from which on the disk counts as strained: as much is
// left for streams that send no more than cameras do.
const maxStrain = maxBacklog / 2

// KeepFree says how much room of the disk is for streams that do not flood.
func (d *Directory) KeepFree(bytes int64) { d.keep.Store(bytes) }

// Strained tells whether a stream that floods should hand in nothing more, not
// even the bytes that it is about to: the disk falls behind, or they would take
// room that is kept free. It does not wait for the disk: the free space is what
// Space found last, less what was written since.
func (d *Directory) Strained(bytes int64) bool {
	d.mu.Lock()
	bytes += d.backlog
	d.mu.Unlock()
	return bytes > maxStrain || d.free.Load()-bytes < d.keep.Load()
}
