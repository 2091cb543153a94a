package wire

// Size returns how many bytes [WriteMessage] makes of a message, without making
// them.
func Size(m Message) int {
	body := 1
	switch m := m.(type) {
	case Root:
		body += number(m.First) + printSize
	case Days:
		body += number(m.First) + head(len(m.Days))
		for _, d := range m.Days {
			body += 1 + number(d.Day) + printSize
		}
	case Hours:
		body += number(m.Day) + head(len(m.Hours))
		for _, h := range m.Hours {
			body += 1 + number(uint32(h.Hour)) + printSize
		}
	case IDs:
		body += number(m.Hour) + 2*printSize + head(len(m.IDs)) + printSize*len(m.IDs)
	case Want:
		body += number(m.Hour) + head(len(m.IDs)) + printSize*len(m.IDs)
	case Entries:
		body += head(len(m.Entries))
		for _, c := range m.Entries {
			body += 1 + sizeOf(c.Entry) + sizeOf(c.Payload)
		}
	case Roster:
		body += printSize
	case Buckets:
		body += head(len(m.Buckets))
		for _, b := range m.Buckets {
			body += 1 + number(uint32(b.Bucket)) + printSize
		}
	case Bucket:
		body += number(uint32(m.Bucket)) + 2*printSize + head(len(m.IDs)) + printSize*len(m.IDs)
	case Ask:
		body += number(uint32(m.Bucket)) + head(len(m.IDs)) + printSize*len(m.IDs)
	case Objects:
		body += sizesOf(m.Objects)
	case Fetch:
		body += hashSize + number(m.Length) + number(uint32(m.First)) + number(uint32(m.Count))
	case Chunks:
		body += head(len(m.Hashes)) + hashSize*len(m.Hashes)
	case Logs:
		body += head(len(m.Logs))
		for _, l := range m.Logs {
			body += 1 + hashSize + number(l.Size) + printSize + 1
		}
	case LogAsk:
		body += hashSize + number(m.From) + 1
	case LogPart:
		body += hashSize + sizeOf(m.Checkpoint) + number(m.From) + head(len(m.IDs)) + hashSize*len(m.IDs) + sizesOf(m.Texts)
	case LogWant:
		body += hashSize + head(len(m.IDs)) + printSize*len(m.IDs)
	case LogTexts:
		body += hashSize + sizesOf(m.Texts)
	case LogFraud:
		body += sizeOf(m.Proof)
	}
	const frame = 3 // an array, the version, the kind
	return frame + head(body) + body
}

// What a [Print] and a [Hash] take.
const (
	printSize = 1 + 16
	hashSize  = 2 + 32
)

func sizeOf(b []byte) int { return head(len(b)) + len(b) }

func sizesOf(list [][]byte) int {
	n := head(len(list))
	for _, b := range list {
		n += sizeOf(b)
	}
	return n
}

func number(n uint32) int { return head(int(n)) }

// head is what begins an item of CBOR: its type and a number (RFC 8949, section 3).
func head(n int) int {
	switch {
	case n < 24:
		return 1
	case n < 1<<8:
		return 2
	case n < 1<<16:
		return 3
	}
	return 5
}
