package prove_test

import (
	"errors"
	"io"
	"math"
	"syscall"
	"testing/synctest"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/doctor"
	"nvrd/pkg/footage"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
)

// draw draws what goes wrong on a day, and what people do meanwhile. Towards
// its end all is well again.
func (s *soak) draw(start time.Time) {
	for _, happens := range []struct {
		times int
		do    func()
	}{
		{3, func() { s.away(nvr.Unreachable, s.duration(2*time.Second, s.length/6)) }},
		{1, func() { s.away(nvr.WrongPassword, s.duration(time.Minute, s.length/40)) }},
		{1, s.freeze},
		{2, s.change},
		{1, s.move},
		{1, s.set},
		{2, s.sicken},
		{1, s.jam},
		{1, s.kill},
		{1, s.keepForGood},
		{3, s.ring},
		{6, s.export},
		{10, s.watch},
		{1, s.check},
	} {
		for range happens.times {
			s.at(start.Add(time.Duration((0.02+0.75*s.random.Float64())*float64(s.length))), happens.do)
		}
	}
}

// duration draws one between two bounds, short ones as likely as long ones.
func (s *soak) duration(least, most time.Duration) time.Duration {
	return time.Duration(float64(least) * math.Pow(float64(most)/float64(least), s.random.Float64()))
}

// anyone returns a camera that is well, or nil.
func (s *soak) anyone() *soakCamera {
	c := &s.cameras[s.random.IntN(soakCameras)]
	if c.away != "" || c.frozen {
		return nil
	}
	return c
}

// away has a camera fail for a while.
func (s *soak) away(reason nvr.Reason, length time.Duration) {
	c := s.anyone()
	if c == nil {
		return
	}
	c.away = reason
	c.end(reason)
	s.in(length, func() {
		c.away = ""
		c.begin(s, true)
	})
}

// freeze has a camera show nothing: for some seconds, or until it is given up.
func (s *soak) freeze() {
	c := s.anyone()
	if c == nil {
		return
	}
	c.frozen = true
	length := s.duration(3*time.Second, 20*time.Second)
	s.in(length, func() {
		c.frozen = false
		if length > 10*time.Second {
			c.end(nvr.NoPicture)
			c.begin(s, true)
		}
	})
}

// change gives a camera another format: with sound, or without.
func (s *soak) change() {
	if c := s.anyone(); c != nil {
		c.silent = !c.silent
		c.begin(s, s.random.IntN(2) == 0)
	}
}

// move gives a camera another address: it is removed and added again.
func (s *soak) move() {
	c := s.anyone()
	if c == nil {
		return
	}
	c.end(nvr.NotRunning)
	for _, id := range c.ids() {
		s.store.Recorder.Remove(id)
	}
	c.connect(s, c.id)
}

// set sets the clock that pictures are dated by.
func (s *soak) set() {
	s.skew = time.Duration(s.random.IntN(21)-10) * time.Second
}

// sicken gives the disk a fault for a while.
func (s *soak) sicken() {
	faults := []fault{
		{On: "write", Errno: syscall.ENOSPC},
		{On: "write", Files: ".mp4", Errno: syscall.ENOSPC},
		{On: "create", Errno: syscall.ENOSPC},
		{On: "write", Files: ".mp4", Errno: syscall.EIO},
		{On: "sync", Files: ".mp4", Errno: syscall.EIO},
		{On: "sync", Files: ".mp4", Errno: syscall.EIO, Times: 1},
		{On: "any", Errno: syscall.EROFS},
		{On: "all", Errno: syscall.EROFS},
	}
	s.fail(faults[s.random.IntN(len(faults))], s.duration(5*time.Second, s.length/100))
}

// jam makes the catalog unwritable for a while.
func (s *soak) jam() {
	faults := []fault{
		{On: "write", Files: "catalog.db-wal", Errno: syscall.ENOSPC},
		{On: "sync", Files: "catalog.db-wal", Errno: syscall.EIO},
	}
	s.fail(faults[s.random.IntN(len(faults))], s.duration(time.Minute, s.length/24))
}

func (s *soak) fail(f fault, length time.Duration) {
	if s.ill {
		return
	}
	s.ill = true
	s.disk.suffer(f)
	s.in(length, s.heal)
}

func (s *soak) heal() {
	s.ill = false
	s.disk.suffer(fault{})
}

// kill ends the recorder so that nothing that it does from now on reaches the
// disk, and starts it again.
func (s *soak) kill() {
	if s.ill {
		return
	}
	<-time.After(time.Millisecond)
	synctest.Wait() // nothing is under way
	s.disk.suffer(fault{On: "all", Errno: syscall.EIO})
	s.hangUp()
	if err := s.store.close(); err == nil {
		s.t.Error("a recorder that could not write anything closed without complaint")
	}
	s.disk.suffer(fault{})
	s.open()
}

// keepForGood locks some footage, and lets go of what was locked before.
func (s *soak) keepForGood() {
	if s.ill {
		return
	}
	if s.lock != 0 {
		if _, err := s.store.Dir.Unlock(s.t.Context(), s.lock); err != nil {
			s.t.Error(err)
		}
	}
	now := nvr.Now()
	var err error
	s.lock, err = s.store.Dir.Lock(s.t.Context(), nvr.Lock{
		Camera: s.cameras[0].id, Span: nvr.Span{From: now.Add(-s.length / 48), To: now}, Who: "soak", Why: "to keep it", Made: now,
	})
	if err != nil {
		s.t.Error(err)
	}
}

func (s *soak) ring() {
	now := nvr.Now()
	id := nvr.StreamID{Camera: s.cameras[s.random.IntN(soakCameras)].id}
	s.update(func(tx catalog.Tx) error {
		_, err := tx.PutEvent(nvr.Event{Stream: id, Span: nvr.Span{From: now, To: now.Add(10 * time.Second)}, Kind: nvr.RingEvent})
		return err
	})
}

// update changes the catalog, which has to succeed unless the disk is ill.
func (s *soak) update(f func(catalog.Tx) error) {
	if s.ill {
		return
	}
	if err := s.store.Dir.Catalog.Update(s.t.Context(), f); err != nil {
		s.t.Error(err)
	}
}

// past draws a stream, and a span of the past with much footage.
func (s *soak) past(longest time.Duration) (nvr.StreamID, nvr.Span) {
	ids := s.cameras[s.random.IntN(soakCameras)].ids()
	to := nvr.Now().Add(-s.duration(time.Second, s.length/4))
	return ids[s.random.IntN(2)], nvr.Span{From: to.Add(-s.duration(time.Second, longest)), To: to}
}

// export reads footage of a span, at once or over some minutes. Now and then
// whoever reads it goes away in the middle.
func (s *soak) export() {
	if s.ill {
		return // it takes a lease first
	}
	id, span := s.past(s.length / 24)
	file, err := s.store.Dir.Player.Export(s.t.Context(), id, span, playback.Fragmented)
	if errors.Is(err, nvr.ErrNotFound) {
		return
	}
	if err != nil {
		s.t.Errorf("export of %s of %s: %v", span, id, err)
		return
	}
	part := file.Size
	if s.random.IntN(3) == 0 {
		part /= 2
	}
	if n, err := io.CopyN(io.Discard, file, part/2); err != nil {
		s.t.Errorf("export of %s of %s ends after %d of %d bytes: %v", span, id, n, file.Size, err)
	}
	open := true
	end := func() {
		if !open {
			return
		}
		open = false
		if n, err := io.CopyN(io.Discard, file, part-part/2); err != nil {
			s.t.Errorf("second half of the export of %s of %s ends after %d of %d bytes: %v", span, id, n, file.Size, err)
		}
		file.Close()
	}
	s.reading = append(s.reading, end)
	s.in(s.duration(time.Second, s.length/100), end)
}

// watch asks for what a page asks for.
func (s *soak) watch() {
	id, span := s.past(s.length / 12)
	_, err := s.store.Dir.Player.Playlist(s.t.Context(), id, span)
	if err == nil {
		_, err = s.store.Dir.Player.Timeline(s.t.Context(), id, span, time.Minute)
	}
	if err == nil {
		var f *playback.File
		if f, _, err = s.store.Dir.Player.Picture(s.t.Context(), id, span.To); err == nil {
			_, err = io.Copy(io.Discard, f)
			err = errors.Join(err, f.Close())
		}
	}
	if err != nil && !errors.Is(err, nvr.ErrNotFound) {
		s.t.Errorf("%s of %s cannot be watched: %v", span, id, err)
	}
}

// check looks whether all is well beside the recorder.
func (s *soak) check() {
	if s.ill {
		return
	}
	d := doctor.Doctor{Catalog: s.store.Dir.Catalog, Directories: []*footage.Directory{s.store.footage}, Home: s.store.Dir.Home.UUID()}
	report, err := d.Check(s.t.Context(), doctor.Options{Level: doctor.Size, Recording: true})
	if err != nil || len(report.Findings) > 0 {
		s.t.Errorf("`nvrd check` finds %+v, %v", report.Findings, err)
	}
}
