package wire

// Anew says that its author founded another neighborhood in the place of this
// one (R16), and asks all who are in to go on there. It is held with the roster,
// so that no steward of the old one decides who hears of it.
type Anew struct {
	_            struct{} `cbor:",toarray"`
	Neighborhood Hash
	Author       Key    // signs
	Minute       Minute // of several the latest counts
	Invite       []byte // to the new one, see [Invite.Bytes]: not for who has it, but for who proves to be called, see [Follow]
}

// Follow proves to a home that founded a neighborhood anew that whoever knocks
// was in the old one. It is said in a [Knock] and nowhere else.
type Follow struct {
	_            struct{} `cbor:",toarray"`
	Neighborhood Hash     // the old one
	Author       Key      // there; signs
	Anew         Hash     // the new one
	As           Key      // the author key with which the home comes there
}

// Kind returns the kind. So does that below.
func (Anew) Kind() Kind   { return KindAnew }
func (Follow) Kind() Kind { return KindFollow }

func (a Anew) signer() Key   { return a.Author }
func (f Follow) signer() Key { return f.Author }

// To returns the invite. It is the zero Invite for an object that [Open] refuses.
func (a Anew) To() Invite {
	v, _ := openInvite(a.Invite) // Open looked at it
	return v
}

func (a Anew) check() error {
	v, err := openInvite(a.Invite)
	return first(err, within("the new neighborhood", v.Neighborhood != a.Neighborhood))
}

func (f Follow) check() error {
	return first(within("the new neighborhood", f.Anew != f.Neighborhood), within("the new key", f.As != f.Author))
}
