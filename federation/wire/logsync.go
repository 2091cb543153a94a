package wire

// The logs of agencies are found out about by how long they are: what follows is
// asked for, and nobody is asked for a proof.

// Bounds of what is said of logs.
const (
	MaxLogs       = 32      // that a neighborhood follows; each is read by people
	MaxCheckpoint = 4 << 10 // with the cosignatures that are passed on
	MaxFraud      = 4 << 10 // two heads, and a proof between them
	MaxTexts      = 64      // of one message; its size mostly allows fewer
)

// Logs is how far the logs of agencies are here.
type Logs struct {
	_    struct{}   `cbor:",toarray"`
	Logs []LogPrint // ascending by agency
}

// LogPrint is how far one log is.
type LogPrint struct {
	_      struct{} `cbor:",toarray"`
	Agency Key
	Size   uint32 // how many entries
	Print  Print  // of the checkpoint with its cosignatures; of nothing without one
	Fraud  bool   // the agency showed two logs, and the proof is here
}

// LogAsk asks for entries of a log, from one on.
type LogAsk struct {
	_      struct{} `cbor:",toarray"`
	Agency Key
	From   uint32
	Bare   bool // ids without texts: to compare two logs
}

// LogPart carries a checkpoint, and the ids of its entries from one on, as many as
// fit, with the texts of some of them.
type LogPart struct {
	_          struct{} `cbor:",toarray"`
	Agency     Key
	Checkpoint []byte
	From       uint32
	IDs        []Hash
	Texts      [][]byte // as they were signed
}

// LogWant asks for texts of entries.
type LogWant struct {
	_      struct{} `cbor:",toarray"`
	Agency Key
	IDs    []Print // ascending
}

// LogTexts carries texts of entries that were asked for.
type LogTexts struct {
	_      struct{} `cbor:",toarray"`
	Agency Key
	Texts  [][]byte
}

// LogFraud carries a proof that an agency showed two logs.
type LogFraud struct {
	_     struct{} `cbor:",toarray"`
	Proof []byte   // see federation/request/tlog
}

// MessageKind returns the kind. So do those below.
func (Logs) MessageKind() MessageKind     { return MessageLogs }
func (LogAsk) MessageKind() MessageKind   { return MessageLogAsk }
func (LogPart) MessageKind() MessageKind  { return MessageLogPart }
func (LogWant) MessageKind() MessageKind  { return MessageLogWant }
func (LogTexts) MessageKind() MessageKind { return MessageLogTexts }
func (LogFraud) MessageKind() MessageKind { return MessageLogFraud }

func (m Logs) check() error {
	return within("logs", len(m.Logs) <= MaxLogs && rising(m.Logs, func(a, b LogPrint) bool { return Compare(Hash(a.Agency), Hash(b.Agency)) < 0 }))
}

func (m LogAsk) check() error { return nil }

func (m LogPart) check() error {
	return first(
		within("length of a checkpoint", len(m.Checkpoint) > 0 && len(m.Checkpoint) <= MaxCheckpoint),
		within("ids", len(m.IDs) <= MaxIDs),
		texts(m.Texts),
	)
}

func (m LogWant) check() error {
	return within("ids", len(m.IDs) > 0 && len(m.IDs) <= MaxIDs && rising(m.IDs, before))
}

func (m LogTexts) check() error { return first(within("texts", len(m.Texts) > 0), texts(m.Texts)) }

func (m LogFraud) check() error {
	return within("length of a proof", len(m.Proof) > 0 && len(m.Proof) <= MaxFraud)
}

func texts(all [][]byte) error {
	err := within("texts", len(all) <= MaxTexts)
	for _, t := range all {
		err = first(err, within("length of a text", len(t) > 0 && len(t) <= MaxObject))
	}
	return err
}
