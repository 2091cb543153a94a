package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// checkSleeps refuses tests that sleep in real time: they are slow on a fast
// machine and fail on a slow one. It is given the files of one directory.
// Benchmarks measure real time.
//
// A sleep may stand in a bubble, which is what is handed to synctest.Test, or to
// a function that hands something to it; and in a function that is only ever
// named in bubbles. The functions of a table count as in one if the test that
// holds the table has a bubble to call them in.
func checkSleeps(files map[string]string) (bad []string) {
	s := sleeps{set: token.NewFileSet(), uses: map[string][]spot{}, makers: map[string]bool{}}
	var parsed []*ast.File
	for path, text := range files {
		if !strings.HasSuffix(path, "_test.go") || strings.HasPrefix(text, "//go:build bench\n") {
			continue
		}
		f, err := parser.ParseFile(s.set, path, text, parser.SkipObjectResolution)
		if err != nil {
			bad = append(bad, err.Error())
			continue
		}
		parsed = append(parsed, f)
	}
	for more := true; more; { // who hands something to a maker is one, too
		known := len(s.makers)
		for _, f := range parsed {
			s.findMakers(f)
		}
		more = len(s.makers) > known
	}
	for _, f := range parsed {
		s.read(f)
	}
	for _, at := range s.found {
		if !s.timeless(at, nil) {
			bad = append(bad, fmt.Sprintf("%s sleeps in real time: wait for the event, or use testing/synctest", s.set.Position(at.pos)))
		}
	}
	slices.Sort(bad)
	return bad
}

// sleeps are those of one directory.
type sleeps struct {
	set    *token.FileSet
	makers map[string]bool // functions that make a bubble for what they are given
	found  []spot
	uses   map[string][]spot // of names, see named
}

// spot is where something stands.
type spot struct {
	pos    token.Pos
	in     string // the function's name, see named; empty outside of all
	bubble bool
}

// timeless tells whether what stands at a spot only runs in bubbles.
func (s *sleeps) timeless(at spot, asked []string) bool {
	if at.bubble || slices.Contains(asked, at.in) {
		return true
	}
	if at.in == "" || len(s.uses[at.in]) == 0 {
		return false // a test, or nobody knows who calls it
	}
	return !slices.ContainsFunc(s.uses[at.in], func(use spot) bool { return !s.timeless(use, append(asked, at.in)) })
}

// findMakers notes which functions of a file make a bubble.
func (s *sleeps) findMakers(f *ast.File) {
	bubbles := imported(f, "testing/synctest")
	for _, d := range f.Decls {
		if d, ok := d.(*ast.FuncDecl); ok && s.hasBubble(d, bubbles) {
			s.makers[d.Name.Name] = true
		}
	}
}

// hasBubble tells whether something is handed to synctest.Test below n.
func (s *sleeps) hasBubble(n ast.Node, bubbles string) (has bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		has = has || ok && s.makes(c, bubbles)
		return !has
	})
	return has
}

// makes tells whether a call makes a bubble for what it is given.
func (s *sleeps) makes(c *ast.CallExpr, bubbles string) bool {
	id, ok := c.Fun.(*ast.Ident)
	return ok && s.makers[id.Name] || is(c.Fun, bubbles, "Test")
}

// read notes the sleeps of a file, and which names are used where.
func (s *sleeps) read(f *ast.File) {
	clock, bubbles := imported(f, "time"), imported(f, "testing/synctest")
	var above []ast.Node
	ast.Inspect(f, func(n ast.Node) bool {
		if n == nil {
			above = above[:len(above)-1]
			return false
		}
		above = append(above, n)
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if is(n, clock, "Sleep") {
				s.found = append(s.found, s.stands(above, bubbles))
			}
		case *ast.Ident:
			for _, name := range named(above) {
				s.uses[name] = append(s.uses[name], s.stands(above, bubbles))
			}
		}
		return true
	})
}

// stands returns where the last of some nodes stands, each of which holds the next.
func (s *sleeps) stands(above []ast.Node, bubbles string) spot {
	at := spot{pos: above[len(above)-1].Pos()}
	var decl *ast.FuncDecl
	for i, n := range above {
		switch n := n.(type) {
		case *ast.FuncDecl:
			decl = n
			if at.in = n.Name.Name; n.Recv != nil {
				at.in = "." + at.in
			}
		case *ast.FuncLit:
			switch holder := above[i-1].(type) {
			case *ast.CallExpr:
				at.bubble = at.bubble || s.makes(holder, bubbles)
			case *ast.CompositeLit, *ast.KeyValueExpr:
				at.bubble = at.bubble || decl != nil && s.hasBubble(decl, bubbles)
			case *ast.AssignStmt:
				if id, ok := holder.Lhs[0].(*ast.Ident); ok && decl != nil && len(holder.Lhs) == 1 {
					at.in = decl.Name.Name + "/" + id.Name
				}
			}
		}
	}
	return at
}

// named returns how the last of some nodes may be meant: as a function of the
// package, as one of the function that it stands in, or, with a dot before it,
// as a method. It returns nothing if that says how something new is called.
func named(above []ast.Node) []string {
	id := above[len(above)-1].(*ast.Ident)
	switch holder := above[len(above)-2].(type) {
	case *ast.FuncDecl, *ast.Field:
		return nil
	case *ast.KeyValueExpr:
		if holder.Key == id {
			return nil
		}
	case *ast.AssignStmt:
		if slices.Contains(holder.Lhs, ast.Expr(id)) {
			return nil
		}
	case *ast.SelectorExpr:
		if holder.Sel == id {
			return []string{"." + id.Name}
		}
	}
	names := []string{id.Name}
	for _, n := range above {
		if d, ok := n.(*ast.FuncDecl); ok {
			names = append(names, d.Name.Name+"/"+id.Name)
		}
	}
	return names
}

// imported returns the name of a package in a file, or nothing.
func imported(f *ast.File, path string) string {
	for _, i := range f.Imports {
		if i.Path.Value != strconv.Quote(path) {
			continue
		}
		if i.Name != nil {
			return i.Name.Name
		}
		return path[strings.LastIndex(path, "/")+1:]
	}
	return ""
}

// is tells whether e is a name of a package.
func is(e ast.Expr, pkg, name string) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != name {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == pkg
}
