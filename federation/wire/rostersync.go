package wire

// The objects of a roster are found out about as entries are, in one step less:
// they lie in 256 buckets, by the first byte of their id.

// Roster is the fingerprint of all objects of a roster.
type Roster struct {
	_     struct{} `cbor:",toarray"`
	Print Print
}

// Buckets answers a roster that differs: all buckets that are not empty.
type Buckets struct {
	_       struct{}      `cbor:",toarray"`
	Buckets []BucketPrint // ascending
}

// BucketPrint is the fingerprint of one bucket.
type BucketPrint struct {
	_      struct{} `cbor:",toarray"`
	Bucket uint8
	Print  Print
}

// Bucket answers a bucket that differs: all objects in it whose id lies after
// After, up to and with Upto.
type Bucket struct {
	_      struct{} `cbor:",toarray"`
	Bucket uint8
	After  Print
	Upto   Print
	IDs    []Print // ascending
}

// Ask asks for objects of a bucket.
type Ask struct {
	_      struct{} `cbor:",toarray"`
	Bucket uint8
	IDs    []Print // ascending
}

// Objects carries objects of the roster, asked for or not; what others rest on
// comes before them.
type Objects struct {
	_       struct{} `cbor:",toarray"`
	Objects [][]byte // as they were signed
}

// MessageKind returns the kind. So do those below.
func (Roster) MessageKind() MessageKind  { return MessageRoster }
func (Buckets) MessageKind() MessageKind { return MessageBuckets }
func (Bucket) MessageKind() MessageKind  { return MessageBucket }
func (Ask) MessageKind() MessageKind     { return MessageAsk }
func (Objects) MessageKind() MessageKind { return MessageObjects }

func (Roster) check() error { return nil }

func (m Buckets) check() error {
	return within("buckets", rising(m.Buckets, func(a, b BucketPrint) bool { return a.Bucket < b.Bucket }))
}

func (m Bucket) check() error { return IDs{After: m.After, Upto: m.Upto, IDs: m.IDs}.check() }

func (m Ask) check() error { return Want{IDs: m.IDs}.check() }

func (m Objects) check() error {
	err := within("objects", len(m.Objects) > 0 && len(m.Objects) <= MaxCarried)
	for _, o := range m.Objects {
		err = first(err, within("length of an object", len(o) > 0 && len(o) <= MaxObject))
	}
	return err
}
