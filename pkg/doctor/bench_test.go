package doctor

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"nvrd/pkg/catalog"
	"nvrd/pkg/fmp4"
	"nvrd/pkg/footage"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// BenchmarkRebuild makes a catalog of files as long as real ones: a minute of
// 4 Mb/s in 120 movie fragments, whose media are holes. "cold" takes the files
// out of the kernel's memory first.
func BenchmarkRebuild(b *testing.B) {
	const cameras, each = 4, 500
	path := b.TempDir()
	if err := footage.Create(path, homeID, footage.UUID{2}); err != nil {
		b.Fatal(err)
	}
	d, err := footage.Open(path, homeID, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	start := nvr.TimeOf(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	for c := range cameras {
		var sealing sync.WaitGroup
		var finish []func()
		for i := range each {
			o := footage.Origin{Stream: nvr.StreamID{Camera: nvr.CameraID(c + 1)}, Run: nvr.RunID(start), Start: start.Add(time.Duration(i) * time.Minute)}
			finish = append(finish, writeMinute(b, d, o, int64(i)*60*90000, &sealing))
		}
		sealing.Wait()
		for _, f := range finish {
			f()
		}
	}
	for _, cold := range []bool{false, true} {
		name := "warm"
		if cold {
			name = "cold"
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				if cold {
					forget(b, path)
				}
				c, err := catalog.Open(b.Context(), filepath.Join(b.TempDir(), "catalog.db"))
				if err != nil {
					b.Fatal(err)
				}
				doctor := Doctor{Catalog: c, Directories: []*footage.Directory{d}, Home: homeID}
				b.StartTimer()
				made, err := doctor.Rebuild(b.Context(), Rebuilding{})
				b.StopTimer()
				if err != nil || made.Segments != cameras*each {
					b.Fatalf("%+v, %v", made, err)
				}
				if err := c.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(b.N*cameras*each)/b.Elapsed().Seconds(), "files/s")
		})
	}
}

// writeMinute writes a footage file without its media. The first movie fragment
// is handed to the directory; the others are written by what is returned, once
// the file is sealed.
func writeMinute(b *testing.B, d *footage.Directory, o footage.Origin, dts int64, sealing *sync.WaitGroup) func() {
	b.Helper()
	half := func(n, size int64) (head []byte, bytes int64) {
		var samples []media.Sample
		for i := range int64(8) {
			samples = append(samples, media.Sample{DTS: dts + n*45000 + i*5625, Key: i == 0 && n%4 == 0, Data: make([]byte, size+(n+i)%7)})
			bytes += size + (n+i)%7
		}
		return fmp4.AppendFragment(nil, uint32(n+1), o.Start.Add(time.Duration(n)*time.Second/2),
			[]fmp4.Run{{Samples: samples, End: dts + (n+1)*45000}, {}}), bytes
	}
	file, at := d.Create(o, fmp4.AppendInit(nil, format(640)))
	head, bytes := half(0, 100)
	if err := file.Append([][]byte{head, make([]byte, bytes)}); err != nil {
		b.Fatal(err)
	}
	sealing.Add(1)
	file.Seal(func(r footage.Result) {
		if r.Err != nil {
			b.Error(r.Err)
		}
		sealing.Done()
	})
	at += int64(len(head)) + bytes
	return func() {
		f, err := os.OpenFile(filepath.Join(d.Path(), footage.Path(o.Stream, o.Start)), os.O_WRONLY, 0)
		if err != nil {
			b.Fatal(err)
		}
		for n := range int64(119) {
			head, bytes := half(n+1, 31_000)
			if _, err := f.WriteAt(head, at); err != nil {
				b.Fatal(err)
			}
			at += int64(len(head)) + bytes
		}
		if err := errors.Join(f.Truncate(at), f.Close()); err != nil {
			b.Fatal(err)
		}
	}
}

// forget makes the kernel read files from the disk again.
func forget(b *testing.B, path string) {
	b.Helper()
	unix.Sync()
	files, err := filepath.Glob(filepath.Join(path, "*/*/*/*.mp4"))
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range files {
		f, err := os.Open(p)
		if err != nil {
			b.Fatal(err)
		}
		if err := unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
