package street

import (
	"strconv"

	"nvrd/federation/identity"
	"nvrd/federation/request/area"
	"nvrd/federation/wire"
	"nvrd/ui/text"
)

// Fact is a line of what is known about something.
type Fact struct{ Name, Value string }

// AgencyFacts puts into words what an agency says of itself, but for its title. Cells
// are where the neighborhood lies for it.
func (l Look) AgencyFacts(says wire.Agency, cells []wire.Cell) []Fact {
	t := l.T.Street.Agencies
	where, held := "", 0
	if town, err := area.NewJurisdiction(says.Jurisdiction); err == nil {
		where = text.Fill(t.Facts.Size, "km", squareKm(town))
		for _, c := range cells {
			if town.Holds(c) {
				held++
			}
		}
		if len(cells) > 0 {
			where = text.Fill(t.Facts.Within, "km", squareKm(town), "n", strconv.Itoa(len(cells)), "in", strconv.Itoa(held))
		}
	}
	return []Fact{
		{t.Facts.Class, t.Classes[says.Class.String()]}, {t.Facts.Policy, says.Policy}, {t.Facts.Contact, says.Contact}, {t.Facts.Domain, says.Domain},
		{t.Facts.Where, where}, {t.Facts.Said, l.T.Calendar.WithYear(says.Minute.Time().In(l.Now.Location()))}, {t.Facts.Key, identity.Fingerprint(says.Key)},
	}
}

// squareKm is how large a jurisdiction is, as people say it.
func squareKm(j area.Jurisdiction) string {
	km := j.SquareMetres() / 1e6
	if km < 10 {
		return strconv.FormatFloat(km, 'f', 1, 64)
	}
	return strconv.FormatFloat(km, 'f', 0, 64)
}
