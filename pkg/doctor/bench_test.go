package doctor

import (
	"errors"
	"io"
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
// 4 Mb/s in 120 movie fragments, whose media are holes. "headers" is without the
// index at the end of each file, as after a crash or of an early version. "cold"
// takes the files out of the kernel's memory first.
func BenchmarkRebuild(b *testing.B) {
	for _, indexed := range []bool{false, true} {
		path, d := benchFootage(b, 4, 500, indexed, true)
		for _, cold := range []bool{false, true} {
			b.Run(map[bool]string{false: "headers", true: "index"}[indexed]+map[bool]string{false: "/warm", true: "/cold"}[cold], func(b *testing.B) {
				benchRebuild(b, path, d, 4*500, cold)
			})
		}
	}
}

// BenchmarkRebuildMany rebuilds as many files as 16 streams record in four and
// a half days. Nothing but what a rebuild reads is in them.
func BenchmarkRebuildMany(b *testing.B) {
	const streams, each = 16, 6400
	path, d := benchFootage(b, streams, each, true, false)
	for _, cold := range []bool{false, true} {
		b.Run(map[bool]string{false: "warm", true: "cold"}[cold], func(b *testing.B) { benchRebuild(b, path, d, streams*each, cold) })
	}
}

// benchFootage records so many minutes of so many cameras.
func benchFootage(b *testing.B, cameras, each int, indexed, whole bool) (string, *footage.Directory) {
	b.Helper()
	path := b.TempDir()
	if err := footage.Create(path, homeID, footage.UUID{2}); err != nil {
		b.Fatal(err)
	}
	d, err := footage.Open(path, homeID, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	start := nvr.TimeOf(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	var finish []func()
	for i := range each {
		var sealing sync.WaitGroup
		for c := range cameras {
			o := footage.Origin{Stream: nvr.StreamID{Camera: nvr.CameraID(c + 1)}, Run: nvr.RunID(start), Start: start.Add(time.Duration(i) * time.Minute)}
			finish = append(finish, writeMinute(b, d, o, int64(i)*60*90000, &sealing, indexed, whole))
		}
		if i%400 == 399 || i == each-1 { // so many files of each are open
			sealing.Wait()
			for _, f := range finish {
				f()
			}
			finish = nil
		}
	}
	return path, d
}

func benchRebuild(b *testing.B, path string, d *footage.Directory, files int, cold bool) {
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
		if err != nil || made.Segments != files {
			b.Fatalf("%+v, %v", made, err)
		}
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	rate := float64(b.N*files) / b.Elapsed().Seconds()
	b.ReportMetric(rate, "files/s")
	b.ReportMetric(1e6/rate/60, "min/1,000,000")
}

// writeMinute writes a footage file without its media. The first movie fragment
// and the index are handed to the directory; what is returned makes a minute of
// it once the file is sealed, if it is to be whole with the other headers.
func writeMinute(b *testing.B, d *footage.Directory, o footage.Origin, dts int64, sealing *sync.WaitGroup, indexed, whole bool) func() {
	b.Helper()
	half := func(n int64) (head []byte, bytes int64) {
		size := int64(31_000)
		if n == 0 {
			size = 100
		}
		var samples []media.Sample
		for i := range int64(8) {
			samples = append(samples, media.Sample{DTS: dts + n*45000 + i*5625, Key: i == 0 && n%4 == 0, Data: blank[:size+(n+i)%7]})
			bytes += size + (n+i)%7
		}
		return fmp4.AppendFragment(nil, uint32(n+1), o.Start.Add(time.Duration(n)*time.Second/2),
			[]fmp4.Run{{Samples: samples, End: dts + (n+1)*45000}, {}}), bytes
	}
	file, header := d.Create(o, fmp4.AppendInit(nil, format(640)))
	row := nvr.Segment{HeaderBytes: header, Bytes: header, Span: nvr.Span{To: o.Start.Add(time.Minute)}, MediaStart: dts}
	var heads [][]byte
	var at []int64
	for n := range int64(120) {
		head, bytes := half(n)
		f := nvr.Fragment{Offset: row.Bytes, Bytes: int64(len(head)) + bytes, MediaStart: dts + n*45000, MediaDuration: 45000, Key: n%4 == 0, Score: uint8(n)}
		heads, at = append(heads, head), append(at, row.Bytes)
		row.Fragments = fmp4.AppendEntry(row.Fragments, f, 90000)
		row.Bytes, row.MediaDuration = row.Bytes+f.Bytes, row.MediaDuration+45000
	}
	if err := file.Append([][]byte{heads[0], blank[:at[1]-at[0]-int64(len(heads[0]))]}); err != nil {
		b.Fatal(err)
	}
	if indexed {
		file.Index(row)
	}
	sealing.Add(1)
	file.Seal(func(r footage.Result) {
		if r.Err != nil {
			b.Error(r.Err)
		}
		sealing.Done()
	})
	return func() {
		f, err := os.OpenFile(filepath.Join(d.Path(), footage.Path(o.Stream, o.Start)), os.O_RDWR, 0)
		if err != nil {
			b.Fatal(err)
		}
		index, err := io.ReadAll(io.NewSectionReader(f, at[1], 1<<20))
		if err != nil {
			b.Fatal(err)
		}
		if whole {
			for i, head := range heads {
				if _, err := f.WriteAt(head, at[i]); err != nil {
					b.Fatal(err)
				}
			}
		}
		_, err = f.WriteAt(index, row.Bytes)
		if err := errors.Join(err, f.Truncate(row.Bytes+int64(len(index))), f.Close()); err != nil {
			b.Fatal(err)
		}
	}
}

// blank is media.
var blank = make([]byte, 40_000)

// forget makes the kernel read everything from the disk again: all that it
// remembers where that is allowed, the content of the files else.
func forget(b *testing.B, path string) {
	b.Helper()
	unix.Sync()
	if err := os.WriteFile("/proc/sys/vm/drop_caches", []byte("3"), 0); err == nil {
		return
	}
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
