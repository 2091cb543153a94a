package footage

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func BenchmarkAppend(b *testing.B) {
	d := newDirectory(b, true)
	d.log = slog.New(slog.DiscardHandler)
	f, _ := d.Create(origin(), initSegment)
	bufs := fragment(0)
	b.SetBytes(int64(len(bufs[0]) + len(bufs[1])))
	b.ReportAllocs()
	for b.Loop() {
		for f.Append([][]byte{bufs[0], bufs[1]}) != nil {
			runtime.Gosched() // the disk is behind
		}
	}
	b.StopTimer()
	if err := d.Close(); err != nil {
		b.Error(err)
	}
}

// BenchmarkSync compares one barrier for the whole disk with one for each file,
// when 16 cameras have written 250 kB each.
func BenchmarkSync(b *testing.B) {
	const files = 16
	d, err := openDisk(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	data := make([]byte, 250_000)
	run := func(name string, sync func([]*os.File) error) {
		b.Run(name, func(b *testing.B) {
			var open []*os.File
			dir := b.TempDir()
			for i := range files {
				f, err := os.Create(filepath.Join(dir, fmt.Sprint(i)))
				if err != nil {
					b.Fatal(err)
				}
				defer f.Close()
				open = append(open, f)
			}
			var took time.Duration
			offset := int64(0)
			for b.Loop() {
				for _, f := range open {
					if _, err := f.WriteAt(data, offset); err != nil {
						b.Fatal(err)
					}
				}
				offset += int64(len(data))
				began := time.Now()
				if err := sync(open); err != nil {
					b.Fatal(err)
				}
				took += time.Since(began)
			}
			b.ReportMetric(took.Seconds()*1e3/float64(b.N), "ms/sync")
		})
	}
	run("whole", func([]*os.File) error { return d.syncAll() })
	run("each", func(open []*os.File) error {
		for _, f := range open {
			if err := syncFile(f); err != nil {
				return err
			}
		}
		return nil
	})
}
