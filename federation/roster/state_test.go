package roster

import (
	"reflect"
	"testing"

	"nvrd/federation/wire"
)

// other gives a value that is not the one it has.
func other(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		v.SetUint(v.Uint() + 1)
	case reflect.Int:
		v.SetInt(v.Int() + 1)
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Array:
		other(v.Index(0))
	case reflect.Slice:
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		other(key)
		if value.Kind() == reflect.Pointer {
			value.Set(reflect.New(value.Type().Elem()))
		}
		v.SetMapIndex(key, value)
	case reflect.Struct:
		other(v.Field(v.NumField() - 1))
	case reflect.Pointer:
		other(v.Elem())
	}
}

// Whatever a state says, another one that says something else is not equal.
func TestStateEqual(t *testing.T) {
	state := func() *State {
		return &State{
			Seats: map[wire.Key]Seat{{9}: {}}, Agencies: map[wire.Key]Agency{{9}: {}}, Votes: map[wire.Hash][]wire.Key{},
			Members:  map[wire.Key]*Member{{9}: {Card: &wire.Card{}}},
			Anew:     map[wire.Key]*wire.Anew{{9}: {}},
			Proposed: []Proposal{{}}, Doubles: []Double{{}}, Splits: []Split{{}},
		}
	}
	if !state().Equal(state()) {
		t.Fatal("the same is not equal")
	}
	for name, part := range map[string]func(*State) any{
		"state": func(s *State) any { return s }, "policy": func(s *State) any { return &s.Policy },
		"member": func(s *State) any { return s.Members[wire.Key{9}] }, "card": func(s *State) any { return s.Members[wire.Key{9}].Card },
		"anew":     func(s *State) any { return s.Anew[wire.Key{9}] },
		"proposal": func(s *State) any { return &s.Proposed[0] }, "double": func(s *State) any { return &s.Doubles[0] }, "split": func(s *State) any { return &s.Splits[0] },
	} {
		fields := reflect.TypeOf(part(state())).Elem()
		for i := range fields.NumField() {
			if f := fields.Field(i); f.IsExported() {
				s := state()
				if other(reflect.ValueOf(part(s)).Elem().Field(i)); s.Equal(state()) {
					t.Errorf("%s: another %s is equal", name, f.Name)
				}
			}
		}
	}
}
