package agencies

import (
	"context"
	"errors"
	"strconv"

	"nvrd/federation/request/area"
	"nvrd/federation/wire"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// input is what a steward typed, and what was made of it.
type input struct {
	text, at, radius, old string
	ticked                []string
	anyway                bool // the domain need not be asked

	card     wire.Signed // its Body is nil while it is none
	cells    []wire.Cell
	succeeds wire.Key
	proved   bool
	unproved string // why the domain does not show whose it is
	wrong    street.Faults
}

// says is what the agency says of itself.
func (in input) says() wire.Agency { return in.card.Body.(wire.Agency) }

// read reads the card, and the squares that are ticked.
func (in *input) read(look street.Look) {
	t := look.T.Street.Agencies.New
	card, err := wire.ParseAgency(in.text)
	if err != nil {
		in.wrong["card"] = t.BadCard
	} else if _, err := area.NewJurisdiction(card.Body.(wire.Agency).Jurisdiction); err != nil {
		in.wrong["card"] = t.BadTown
	} else {
		in.card = card
	}
	for _, text := range in.ticked {
		if c, err := area.ParseCell(text); err == nil { // what is none was not ticked
			in.cells = append(in.cells, c)
		}
	}
	in.cells = wire.SortCells(in.cells)
}

// draw finds the squares around the place that was typed; without one, and unless
// there has to be one, those that were ticked stay, or those of the agency that was
// let in last.
func (in *input) draw(look street.Look, must bool) {
	t := look.T.Street.Agencies.New
	if in.at == "" {
		if len(in.cells) == 0 {
			in.cells = look.Cells()
		}
		if must || len(in.cells) == 0 {
			in.wrong["at"] = t.NoPlace
		}
		return
	}
	place, err := area.ParsePlace(in.at)
	if err != nil {
		in.wrong["at"] = t.BadPlace
		return
	}
	metres, err := strconv.ParseFloat(in.radius, 64)
	if err != nil || !(metres > 0) {
		in.wrong["radius"] = t.BadRadius
		return
	}
	switch cells, err := area.Around(place, metres); {
	case errors.Is(err, area.ErrMany):
		in.wrong["radius"] = t.Many
	case err != nil:
		in.wrong["at"] = t.BadPlace
	default:
		in.cells = cells
	}
}

// check finds fault with what would be proposed.
func (in *input) check(look street.Look) {
	t := look.T.Street.Agencies.New
	switch {
	case len(in.cells) == 0:
		in.wrong["cells"] = t.NoSquare
	case len(in.cells) > wire.MaxCells:
		in.wrong["cells"] = t.Many
	}
	if in.old == "" {
		return
	}
	id, err := street.ParseID(in.old)
	if _, ok := look.State().Agencies[wire.Key(id)]; err != nil || !ok {
		in.wrong["succeeds"] = look.T.Street.Refused.Gone
	}
	in.succeeds = wire.Key(id)
}

// prove asks the domain that the card names, if it names one and the steward does not
// know by other means.
func (in *input) prove(ctx context.Context, s street.Service, look street.Look) {
	if in.anyway || in.says().Domain == "" {
		return
	}
	if err := s.ProveDomain(ctx, look.Membership, in.says()); err != nil {
		in.unproved = text.Fill(look.T.Street.Agencies.New.Unproved, "detail", err.Error())
		return
	}
	in.proved = true
}
