package rtsp

// release lets go what is held: it is known best now what timestamps are worth.
func (s *stream) release() {
	if s.state != holding {
		return
	}
	s.state, s.lastSound, s.soundEnd, s.pictured, s.quiet.stood = running, -1, 0, 0, false
	units := s.hold.units
	s.hold.judgePictures(&s.clocks[0], s.clocks[1].rate)
	if s.audio != nil {
		s.judgeSound(units[len(units)-1].arrived)
	}
	s.hold = hold{}
	for i := range units {
		s.date(&units[i])
	}
	s.sync.keyLead = keyLead(units, &s.clocks[0])
	s.hand(&units[0], true)
	s.interleave(units[1:])
}

// interleave hands on what was held, sound beside the pictures of its time: of
// old pictures and sound that come at once, one may come before the other, and
// players wait for what lies far behind in a file.
func (s *stream) interleave(units []accessUnit) {
	var tracks [2][]*accessUnit
	for i := range units {
		u := &units[i]
		tracks[u.track] = append(tracks[u.track], u)
	}
	if len(tracks[1]) > 0 && s.announced && !s.sync.aligned {
		s.sync.align(&s.clocks[0], &s.clocks[1])
	}
	since := func(u *accessUnit) int64 { return s.clocks[u.track].nanos(u.at - s.sync.zero[u.track]) }
	for pictures, sound := tracks[0], tracks[1]; len(pictures)+len(sound) > 0; {
		next := &pictures
		if len(pictures) == 0 || len(sound) > 0 && since(sound[0]) < since(pictures[0]) {
			next = &sound
		}
		s.hand((*next)[0], false)
		*next = (*next)[1:]
	}
}

// keyLead returns the least lead of the key frames among some units that were
// dated, or nil if pictures come in the order in which they are shown.
func keyLead(units []accessUnit, video *clock) *int64 {
	var least *int64
	var newest int64
	reordered := false
	for i := range units {
		u := &units[i]
		if u.track != 0 {
			continue
		}
		reordered = reordered || least != nil && u.at < newest
		newest = u.at
		if lead := video.lead(u.at, u.arrived); u.key && (least == nil || lead < *least) {
			least = &lead
		}
	}
	if !reordered {
		return nil
	}
	return least
}
