package fedtest

import "nvrd/federation/wire"

// sizeOf is how many bytes [wire.WriteMessage] makes of a message, without
// making them.
func sizeOf(m wire.Message) int {
	body := 1
	switch m := m.(type) {
	case wire.Root:
		body += number(m.First) + print
	case wire.Days:
		body += number(m.First) + head(len(m.Days))
		for _, d := range m.Days {
			body += 1 + number(d.Day) + print
		}
	case wire.Hours:
		body += number(m.Day) + head(len(m.Hours))
		for _, h := range m.Hours {
			body += 1 + number(uint32(h.Hour)) + print
		}
	case wire.IDs:
		body += number(m.Hour) + 2*print + head(len(m.IDs)) + print*len(m.IDs)
	case wire.Want:
		body += number(m.Hour) + head(len(m.IDs)) + print*len(m.IDs)
	case wire.Entries:
		body += head(len(m.Entries))
		for _, c := range m.Entries {
			body += 1 + text(c.Entry) + text(c.Payload)
		}
	case wire.Roster:
		body += print
	case wire.Buckets:
		body += head(len(m.Buckets))
		for _, b := range m.Buckets {
			body += 1 + number(uint32(b.Bucket)) + print
		}
	case wire.Bucket:
		body += number(uint32(m.Bucket)) + 2*print + head(len(m.IDs)) + print*len(m.IDs)
	case wire.Ask:
		body += number(uint32(m.Bucket)) + head(len(m.IDs)) + print*len(m.IDs)
	case wire.Objects:
		body += head(len(m.Objects))
		for _, o := range m.Objects {
			body += text(o)
		}
	}
	const frame = 3 // an array, the version, the kind
	return frame + head(body) + body
}

// print is what a [wire.Print] takes.
const print = 1 + 16

func text(b []byte) int { return head(len(b)) + len(b) }

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
